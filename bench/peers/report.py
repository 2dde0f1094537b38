#!/usr/bin/env python3
"""Turn the logs of run.sh into Markdown tables: report.py DIR"""
import math
import os
import sys
from statistics import median

OUT = sys.argv[1]
PATTERNS = ["trivial", "no_comm", "stencil_1d", "fft", "random_nearest",
            "tree", "chain", "fan", "bintree"]
FLOORS = ("serial", "ref-csr")    # no libraries


def load(name):
    """The checked lines of a log, each a dictionary."""
    try:
        with open(os.path.join(OUT, name + ".log")) as log:
            rows = [dict(f.split("=", 1) for f in line.split() if "=" in f)
                    for line in log]
    except OSError:
        return []
    return [r for r in rows if r.get("check") == "ok"]


def select(rows, **want):
    return [r for r in rows if all(r[k] == v for k, v in want.items())]


def values(rows, key, **want):
    return [float(r[key]) for r in select(rows, **want)]


def unique(rows, key):
    return list(dict.fromkeys(r[key] for r in rows))


def spread(v, digits=0):
    """median (min-max)"""
    if not v:
        return "-"
    return "%.*f (%.*f-%.*f)" % (digits, median(v), digits, min(v), digits,
                                 max(v))


def table(title, head, rows):
    print("### %s\n" % title)
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def is_ours(peer):
    return peer.startswith("weir")


def report_tasks(rows):
    peers = unique(rows, "peer")
    head = ["peer"] + [p for p in PATTERNS if p in unique(rows, "pattern")]

    def cells(show, **want):
        return [[p] + [show(select(rows, peer=p, pattern=q, **want))
                       for q in head[1:]] for p in peers]

    for threads in "1", "2":
        table("ns a task, empty kernel, threads: %s; median (min-max) over "
              "rounds" % threads, head,
              cells(lambda r: spread(values(r, "run_ns"), 1),
                    threads=threads))
    for threads in "1", "2":
        report_above_serial(rows, head, threads)
    table("Share of the tasks that the busier of 2 threads ran, median", head,
          cells(lambda r: "%.2f" % median(values(r, "share")) if r else "-",
                threads="2"))
    report_builds(rows, peers)


def report_above_serial(rows, head, threads):
    """What a peer adds; two threads could halve all patterns but chains."""
    above = {}
    for q in head[1:]:
        serial = values(rows, "run_ns", peer="serial", pattern=q)
        for p in unique(rows, "peer"):
            v = values(rows, "run_ns", peer=p, pattern=q, threads=threads)
            if serial and v and p != "serial":
                shared = threads == "2" and q != "chain"
                above[p, q] = median(v) - median(serial) / (1 + shared)
    best = {}
    for (p, q), ns in above.items():
        if p not in FLOORS and not is_ours(p) and ns < best.get(q, 1e99):
            best[q] = ns
    body = [[p] + ["%.1f" % above[p, q] if (p, q) in above else "-"
                   for q in head[1:]]
            for p in unique(rows, "peer") if p != "serial"]
    for p in filter(is_ours, unique(rows, "peer")):
        body.append([p + " / best peer"] +
                    ["%.2f" % (above[p, q] / best[q])
                     if (p, q) in above and q in best else "-"
                     for q in head[1:]])
    table("ns a task above serial%s, threads: %s; medians" %
          (" / 2 (chain: serial)" if threads == "2" else "", threads),
          head, body)


def report_builds(rows, peers):
    head, body = ["peer"], [[p] for p in peers]
    for q in "trivial", "chain", "stencil_1d", "fan":
        head += [q + " ns", "bytes"]
        for row in body:
            r = select(rows, peer=row[0], pattern=q, threads="2")
            if not r:
                row += ["-", "-"]
                continue
            row.append("-" if r[0]["build_ns"] == "-" else "%.0f; %.0f" % (
                median(values(r, "build_ns")), median(values(r, "build1_ns"))))
            row.append("%.0f; %.0f" % (median(values(r, "bytes")),
                                       median(values(r, "bytes_run"))))
    table("Build, ns a task (warm; cold), and resident bytes a task (graph; "
          "peak with the first run), 2 threads", head, body)


def metg(rows, ideal, target):
    """The grain in us (wall x threads / tasks) that reaches the target share
    of peak, log-interpolated; of one sweep. None: no grain does."""
    grains = sorted((int(r["iters"]), 2 * float(r["run_ns"])) for r in rows)
    points = [(g, ideal[k] / g) for k, g in grains]
    if points and points[0][1] >= target:
        return points[0][0] / 1e3
    for (g0, e0), (g1, e1) in zip(points, points[1:]):
        if e0 < target <= e1:
            x = (target - e0) / (e1 - e0) if g1 > g0 else 1
            return math.exp((1 - x) * math.log(g0) + x * math.log(g1)) / 1e3
    return None


def ideal_ns(rows):
    """What a task need take, by iterations: as many as it has at the rate of
    long ones, or what the plain loop takes where that is less, for the
    processor overlaps short ones."""
    serial = select(rows, peer="serial")
    rate = median(float(r["run_ns"]) / int(r["iters"]) for r in serial
                  if int(r["iters"]) >= 8192)
    return {k: min(k * rate, median(values(serial, "run_ns", iters=str(k))))
            for k in map(int, unique(serial, "iters"))}


def report_metg(rows):
    ideal = ideal_ns(rows)
    head, body = ["peer"], {p: [p] for p in unique(rows, "peer")
                            if p != "serial"}
    for q, w in ("stencil_1d", "64"), ("fft", "64"), ("stencil_1d", "2"):
        for target in 0.5, 0.75, 0.9:
            head.append("%s W=%s %.0f%%" % (q, w, 100 * target))
            for p, row in body.items():
                sweeps = [select(rows, peer=p, pattern=q, width=w, round=n)
                          for n in unique(rows, "round")]
                v = [metg(s, ideal, target) for s in sweeps if s]
                never = v.count(None)
                row.append(spread([x for x in v if x is not None], 2) +
                           (" [%d never]" % never if never else ""))
    table("METG, us, 2 threads: the smallest wall x threads / tasks that "
          "reaches so much of what two plain loops would; median (min-max) "
          "over rounds", head, body.values())


def report_idle(rows):
    table("CPU ms burnt in the 1st and 2nd second after a run, 2 threads; "
          "median (min-max)", ["peer", "1st s", "2nd s"],
          [[p] + [spread(values(rows, key, peer=p), 1)
                  for key in ("idle1_ms", "idle2_ms")]
           for p in unique(rows, "peer")])


def report_cholesky(rows):
    shapes = [(n, t) for n in ("2048", "4096") for t in ("128", "256")]
    head = ["peer"] + ["N=%s tile=%s" % s for s in shapes]
    body, share = [], []
    for p in unique(rows, "peer"):
        whole = p.startswith("openblas")
        for threads in ("1", "2") if whole else ("2",):
            row = [p + ", threads: " + threads if whole else p]
            for n, t in shapes:
                want = {"n": n, "tile": t}
                if whole:
                    want = {} if p == "openblas-dgemm" else {"n": n}
                row.append("" if whole and t == "128" else
                           spread(values(rows, "gflops", peer=p,
                                         threads=threads, **want), 1))
            body.append(row)
        if whole or p == "serial":
            continue
        share.append([p])
        for n, t in shapes:
            v = values(rows, "gflops", peer=p, n=n, tile=t)
            one = values(rows, "gflops", peer="serial", n=n, tile=t)
            share[-1].append("%.1f %%" % (50 * median(v) / median(one))
                             if v and one else "-")
    table("Tiled Cholesky, double, GFLOP/s, 2 threads (serial: 1); median "
          "(min-max) over rounds", head, body)
    table("The same as a share of 2 x serial, medians", head, share)


def main():
    noisy = kept = 0
    for name, report in (("tasks", report_tasks), ("metg", report_metg),
                         ("idle", report_idle), ("chol", report_cholesky)):
        rows = load(name)
        if rows:
            report(rows)
        kept += len(rows)
        noisy += sum(float(r["foreign"]) > 0.15 and r["threads"] != "1"
                     and r["peer"] != "serial" for r in rows)
    failed = os.path.join(OUT, "failed.log")
    if os.path.exists(failed):
        print("Failed runs:\n")
        print(open(failed).read())
    print("%d of %d lines kept are of runs with 2 threads during which other "
          "processes used more than 15 %% of the machine." % (noisy, kept))


main()
