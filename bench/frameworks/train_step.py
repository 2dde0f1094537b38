#!/usr/bin/env python3
"""One training step of a two-layer classifier, here and in the frameworks.

20 features -> Dense(H) + ReLU -> Dense(1), logistic loss, gradient, SGD; f32.
Each framework has a process of its own (two of them do not bear each other
in one), all take turns with bench/train_step, and what is printed are
medians of the rounds, with where half of the rounds are in brackets.  What
is not installed is named and left out.  Our step has momentum, theirs has
not.

	train_step.py [--threads N] [--rounds N] [--ms MS] [--size BxH]...
	              [--framework NAME]... [--weir BUILD/bench/train_step]

With --threads N all of them have the first N processors only.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time

FEATURES = 20
RATE = 0.1
SIZES = ["8x16", "32x16", "32x64", "128x64", "800x16", "800x64", "800x1024"]


def rows(batch):
    import numpy as np

    x = np.random.default_rng(1).standard_normal((batch, FEATURES))
    return x.astype(np.float32), (x[:, :1] > 0).astype(np.float32)


def weights(hidden):
    import numpy as np

    random = np.random.default_rng(2)
    shapes = [(FEATURES, hidden), (hidden,), (hidden, 1), (1,)]
    return [
        0.1 * random.standard_normal(s).astype(np.float32) for s in shapes
    ]


def numpy_step(batch, hidden, threads):
    import numpy as np

    np.seterr(over="ignore")
    x, y = rows(batch)
    w1, b1, w2, b2 = weights(hidden)
    rate = np.float32(RATE)

    def step():
        h = x @ w1 + b1
        a = np.maximum(h, 0)
        p = 1 / (1 + np.exp(-(a @ w2 + b2)))
        g = (p - y) / np.float32(batch)
        gw2, gb2 = a.T @ g, g.sum(0)
        ga = (g @ w2.T) * (h > 0)
        w1[...] -= rate * (x.T @ ga)
        b1[...] -= rate * ga.sum(0)
        w2[...] -= rate * gw2
        b2[...] -= rate * gb2

    return step


def torch_step(batch, hidden, threads, scripted=False):
    import torch

    torch.set_num_threads(threads)
    x, y = map(torch.from_numpy, rows(batch))
    params = [torch.from_numpy(w).requires_grad_() for w in weights(hidden)]
    sgd = torch.optim.SGD(params, RATE)

    def loss(x, y, w1, b1, w2, b2):
        z = torch.relu(x @ w1 + b1) @ w2 + b2
        return torch.nn.functional.binary_cross_entropy_with_logits(z, y)

    if scripted:
        loss = torch.jit.trace(loss, (x, y, *params))

    def step():
        sgd.zero_grad()
        loss(x, y, *params).backward()
        sgd.step()

    return step


def torch_script_step(batch, hidden, threads):
    return torch_step(batch, hidden, threads, True)


def tensorflow_step(batch, hidden, threads, xla=False):
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    x, y = map(tf.constant, rows(batch))
    params = [tf.Variable(w) for w in weights(hidden)]

    def step():
        with tf.GradientTape() as tape:
            z = tf.nn.relu(x @ params[0] + params[1]) @ params[2] + params[3]
            loss = tf.reduce_mean(
                tf.nn.sigmoid_cross_entropy_with_logits(y, z)
            )
        for p, g in zip(params, tape.gradient(loss, params)):
            p.assign_sub(RATE * g)
        return loss

    return tf.function(step, jit_compile=xla)


def tensorflow_xla_step(batch, hidden, threads):
    return tensorflow_step(batch, hidden, threads, True)


def jax_step(batch, hidden, threads):
    import jax
    import jax.numpy as jnp

    x, y = map(jnp.asarray, rows(batch))
    params = [jnp.asarray(w) for w in weights(hidden)]

    def loss(params):
        w1, b1, w2, b2 = params
        z = jnp.maximum(x @ w1 + b1, 0) @ w2 + b2
        terms = jnp.maximum(z, 0) - z * y + jnp.log1p(jnp.exp(-jnp.abs(z)))
        return jnp.mean(terms)

    @jax.jit
    def updated(params):
        grads = jax.grad(loss)(params)
        return [p - RATE * g for p, g in zip(params, grads)]

    def step():
        nonlocal params
        params = updated(params)
        params[0].block_until_ready()

    return step


# name: its module, its step
FRAMEWORKS = {
    "numpy": ("numpy", numpy_step),
    "torch": ("torch", torch_step),
    "torch script": ("torch", torch_script_step),
    "tensorflow": ("tensorflow", tensorflow_step),
    "tensorflow xla": ("tensorflow", tensorflow_xla_step),
    "jax": ("jax", jax_step),
}


def serve(name, threads):
    """Answer lines "BATCH HIDDEN MS" with the microseconds of a step."""
    module, make = FRAMEWORKS[name]
    version = __import__(module).__version__
    made = {}
    print(version, flush=True)
    for line in sys.stdin:
        batch, hidden, ms = map(int, line.split())
        if (batch, hidden) not in made:
            made = {(batch, hidden): make(batch, hidden, threads)}
            for _ in range(5):
                made[batch, hidden]()
        step = made[batch, hidden]
        step()
        taken, begin, now = 0, time.perf_counter(), 0
        while now - begin < ms / 1000:
            step()
            taken, now = taken + 1, time.perf_counter()
        print(1e6 * (now - begin) / taken, flush=True)


class Framework:
    def __init__(self, name, threads):
        self.name = name
        environment = dict(os.environ)
        for v in ("OMP", "OPENBLAS", "MKL"):
            environment[v + "_NUM_THREADS"] = str(threads)
        environment["TF_CPP_MIN_LOG_LEVEL"] = "3"
        environment["CUDA_VISIBLE_DEVICES"] = ""
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--serve", name]
            + ["--threads", str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            text=True,
        )
        version = self.process.stdout.readline().strip()
        if not version:
            last = self.process.stderr.read().strip().split("\n")[-1]
            raise ImportError(last)
        self.name += " " + version

    def us(self, batch, hidden, ms):
        print(batch, hidden, ms, file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())


class Weir:
    """bench/train_step, whose fourth and fifth columns are the plan's."""

    def __init__(self, path, threads):
        self.path, self.name = path, "weir"
        self.column = 3 if threads == 1 else 4

    def us(self, batch, hidden, ms):
        # Four ways take turns there, each for its share of the time.
        command = [self.path, "-s", f"{batch}x{hidden}", "-t", str(4 * ms)]
        text = subprocess.run(
            command, capture_output=True, text=True, check=True
        ).stdout
        return float(text.split("\n")[2].split()[self.column])


def spread(values):
    low, mid, high = statistics.quantiles(values, n=4)
    return low, mid, high


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage=argparse.SUPPRESS,
    )
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--ms", type=int, default=100)
    parser.add_argument("--size", action="append")
    parser.add_argument(
        "--framework", action="append", choices=list(FRAMEWORKS)
    )
    parser.add_argument("--weir", default="bench/train_step")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    threads = arguments.threads
    if arguments.serve:
        serve(arguments.serve, threads)
        return
    mine = sorted(os.sched_getaffinity(0))[:threads]
    os.sched_setaffinity(0, mine)
    contenders = [Weir(arguments.weir, threads)]
    for name in arguments.framework or FRAMEWORKS:
        try:
            contenders.append(Framework(name, threads))
        except ImportError as error:
            print(f"left out: {name}: {error}", file=sys.stderr)
    print(
        f"train_step.py --threads {threads} --rounds {arguments.rounds} "
        f"--ms {arguments.ms}: microseconds a step; f32, {FEATURES} "
        f"features; {len(mine)} processors"
    )
    for size in arguments.size or SIZES:
        batch, hidden = map(int, size.split("x"))
        us = {c.name: [] for c in contenders}
        for _ in range(arguments.rounds):
            for c in contenders:
                us[c.name].append(c.us(batch, hidden, arguments.ms))
        best = min(
            (c.name for c in contenders[1:]),
            key=lambda name: statistics.median(us[name]),
            default=None,
        )
        print(f"\n{size}")
        for name, values in us.items():
            low, mid, high = spread(values)
            ratio = ""
            if name != "weir":
                r = spread([v / w for v, w in zip(values, us["weir"])])
                ratio = f"{r[1]:6.2f} x weir ({r[0]:.2f}-{r[2]:.2f})"
            print(
                f"  {name:24}{mid:10.1f} ({low:.1f}-{high:.1f})"
                f"  {ratio}{'  best of these' if name == best else ''}"
            )


main()
