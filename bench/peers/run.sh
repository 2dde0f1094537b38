#!/bin/sh
# Build the peers, measure them side by side, print tables:
#
#	./run.sh [all|build|tasks|metg|idle|chol|report]
#
# From the environment, all optional:
#
#	OUT=dir		programs and logs (default: a new folder, named at the
#			end; `report' and single measurements need it)
#	ROUNDS=5	interleaved rounds
#	LOCK=file	a lock held while a batch of programs is timed: one
#			workload on every peer in turn
#	QUIET=0.15	run again when other processes used more than this
#	RETRY=4		how often
#	NICE=n		priority against other work, -20 to 19, by autogroup
#	PEERS="..."	only these peers
#	PATTERNS="..."	only these patterns
#	WEIR=prefix	an installed weir (default: this source, configured,
#			compiled and installed below OUT)
#	FETCH=1		unpack the Debian packages that peers need below OUT;
#			nothing is installed
#	EXTRA_PEERS="name=/path/to/program ..."	more programs with bench.h's
#	EXTRA_CHOL="name=/path/to/program ..."	or chol.h's command and output
#
# Needs gcc, g++ and python3; omp-llvm needs clang-19 with libomp, tbb-*
# needs libtbb-dev, starpu* libstarpu-dev, Cholesky libopenblas0-pthread. A
# peer that is absent, or cannot be built, is named and skipped. clang-19 is
# not fetched, but its libomp is.

set -u
here=$(cd "$(dirname "$0")" && pwd)
OUT=${OUT:-$(mktemp -d)} || exit 1
mkdir -p "$OUT" || exit 1
OUT=$(cd "$OUT" && pwd)
ROUNDS=${ROUNDS:-5} LOCK=${LOCK:-$OUT/lock}
QUIET=${QUIET:-0.15} RETRY=${RETRY:-4} NICE=${NICE:-}
PATTERNS=${PATTERNS:-trivial no_comm stencil_1d fft random_nearest tree chain \
fan bintree}
WEIR=${WEIR:-} FETCH=${FETCH:-} PEERS=${PEERS:-}
EXTRA_PEERS=${EXTRA_PEERS:-} EXTRA_CHOL=${EXTRA_CHOL:-}
STARPU_SILENT=1 STARPU_HOME=$OUT/starpu-home
OPENBLAS_CORETYPE=${OPENBLAS_CORETYPE:-Haswell}
export STARPU_SILENT STARPU_HOME OPENBLAS_CORETYPE
mkdir -p "$STARPU_HOME"

peers="weir weir-claimed serial ref-csr tbb-fg tbb-tg tbb-tg1 omp-gcc omp-llvm
	starpu starpu-re"
chol_peers="weir serial omp-gcc omp-llvm tbb-fg starpu blas"
c_flags="-O3 -march=native -std=gnu11 -Wall"
cxx_flags="-O3 -march=native -std=c++20 -Wall"
arch=$(gcc -print-multiarch)
unpacked=$OUT/packages/usr

say() { echo "run.sh: $*" >&2; }

# -- building ------------------------------------------------------------------

# The packages and what they depend on, as far as it is not installed.
# Unpacked only: installed, the second OpenBLAS would be the system's BLAS.
fetch() {
	mkdir -p "$OUT/packages/archives" && cd "$OUT/packages/archives" ||
		return
	omp=
	command -v clang-19 >/dev/null && omp=libomp-19-dev
	# shellcheck disable=SC2086 # or nothing
	wanted=$(apt-get -s --no-install-recommends install libtbb-dev \
		libstarpu-dev libopenblas0-pthread $omp 2>/dev/null |
		sed -n 's/^Inst \([^ ]*\).*/\1/p')
	for package in $wanted; do
		ls "$package"_*.deb >/dev/null 2>&1 ||
			apt-get -q download "$package" >/dev/null 2>&1 ||
			say "cannot fetch $package"
	done
	for package in *.deb; do
		[ -f "$package" ] && dpkg-deb -x "$package" "$OUT/packages"
	done
	cd "$here" || exit 1
}

# Where a library that may be unpacked is found at run time, too.
link_dir() { echo "-L$1 -Wl,--disable-new-dtags,-rpath,$1"; }

# This source, compiled as its users would.
install_weir() {
	source=$(cd "$here/../.." && pwd)
	mkdir -p "$OUT/weir-build" &&
	{ [ -x "$source/configure" ] || "$source/bootstrap"; } &&
	cd "$OUT/weir-build" &&
	"$source/configure" -q --disable-static --prefix="$OUT/prefix" &&
	make -s && make -s install
}

# build NAME COMMAND...: make $OUT/NAME, or say that it is skipped.
build() {
	name=$1
	shift
	rm -f "$OUT/$name"
	# shellcheck disable=SC2086 # several words
	"$@" -o "$OUT/$name" $libs >"$OUT/$name.log" 2>&1 && return
	say "skipping $name: it does not build (see $OUT/$name.log)"
	rm -f "$OUT/$name"
}

# shellcheck disable=SC2086 # several words each
build_all() {
	[ "$FETCH" = 1 ] && fetch
	if [ -z "$WEIR" ]; then
		WEIR=$OUT/prefix
		(install_weir) >"$OUT/install.log" 2>&1 ||
			say "weir does not build (see $OUT/install.log)"
	fi
	cd "$here" || exit 1
	dir=$(link_dir "$unpacked/lib/$arch")
	blas=/usr/lib/$arch/openblas-pthread
	[ -d "$unpacked/lib/$arch/openblas-pthread" ] &&
		blas=$unpacked/lib/$arch/openblas-pthread
	blas="$(link_dir "$blas") -l:libopenblas.so.0 -lm"
	weir="$(link_dir "$WEIR/lib") -lweir"
	include=-I$unpacked/include
	starpu_include="$include -I$unpacked/include/starpu/1.3
		-I/usr/include/starpu/1.3"
	by_gcc="-DPEER_NAME=\"omp-gcc\"
		-DPEER_VERSION=\"$(gcc -dumpfullversion)\""
	llvm=$unpacked/lib/llvm-19/lib
	by_clang="-I$llvm/clang/19/include $(link_dir "$llvm")
		-DPEER_NAME=\"omp-llvm\" -DPEER_VERSION=\"$(
		clang-19 -dumpversion 2>/dev/null)\""

	libs="-lm"
	build serial gcc $c_flags peer_serial.c
	build omp-gcc gcc $c_flags -fopenmp $by_gcc peer_omp.c
	build omp-llvm clang-19 $c_flags -fopenmp $by_clang peer_omp.c
	libs="-lm -pthread"
	build ref-csr gcc $c_flags peer_refcsr.c
	libs="$weir -lm"
	build weir gcc $c_flags -I"$WEIR/include" peer_weir.c
	build weir-claimed gcc $c_flags -DCLAIMED -I"$WEIR/include" \
		peer_weir.c
	libs="$dir -ltbb"
	build tbb-fg g++ $cxx_flags $include peer_tbbfg.cpp
	build tbb-tg g++ $cxx_flags $include peer_tbbtg.cpp
	build tbb-tg1 g++ $cxx_flags $include -DKEEP_ONE peer_tbbtg.cpp
	libs="$dir -lstarpu-1.3 -lm"
	build starpu gcc $c_flags $starpu_include peer_starpu.c
	build starpu-re gcc $c_flags $starpu_include -DRERUN peer_starpu.c

	libs="$blas"
	build chol-serial gcc $c_flags chol_serial.c
	build chol-blas gcc $c_flags chol_blas.c
	build chol-omp-gcc gcc $c_flags -fopenmp $by_gcc chol_omp.c
	build chol-omp-llvm clang-19 $c_flags -fopenmp $by_clang chol_omp.c
	libs="$blas $weir"
	build chol-weir gcc $c_flags -I"$WEIR/include" chol_weir.c
	libs="$blas $dir -ltbb"
	build chol-tbb-fg g++ $cxx_flags $include chol_tbbfg.cpp
	libs="$blas $dir -lstarpu-1.3"
	build chol-starpu gcc $c_flags $starpu_include chol_starpu.c
}

# -- running -------------------------------------------------------------------

# NAME=PATH of each program that is there: listed PREFIX EXTRA NAME...
listed() {
	prefix=$1 extra=$2
	shift 2
	{
		for name; do
			echo "$name=$OUT/$prefix$name"
		done
		for name in $extra; do
			echo "$name"
		done
	} | while IFS== read -r name path; do
		case " $PEERS " in
		"  " | *" $name "*) ;;
		*) continue ;;
		esac
		if [ -x "$path" ]; then
			echo "$name=$path"
		else
			say "skipping $name: no program $path"
		fi
	done
}

# shellcheck disable=SC2086 # several words
listed_peers() { listed "" "$EXTRA_PEERS" $peers; }
# shellcheck disable=SC2086
listed_chol() { listed chol- "$EXTRA_CHOL" $chol_peers; }

lock() { exec 9>"$LOCK"; flock 9; }
unlock() { flock -u 9; exec 9>&-; }

most_foreign() {
	sed -n 's/.*foreign=\([0-9.]*\).*/\1/p' | sort -g | tail -n 1
}

is_more() { awk "BEGIN { exit !($1 > $2) }"; }

timed() { # PROGRAM ARGUMENTS...
	if [ -z "$NICE" ]; then
		timeout 120 "$@" 2>>"$OUT/errors.log" 9>&-
		return
	fi
	# Plain nice acts within an autogroup only.
	setsid -w sh -c 'echo "$0" >/proc/self/autogroup
		exec timeout 120 "$@"' "$NICE" "$@" 2>>"$OUT/errors.log" 9>&-
}

# one LOG PROGRAM ARGUMENTS...: run it, again while the machine was busy; keep
# the quietest.
one() {
	log=$1
	shift
	tries=0 best= least=99 limit=$QUIET
	# one thread leaves the other processors to whoever wants them
	case " $* " in
	*" --threads 1 "*)
		limit=$(awk "BEGIN { print $QUIET + 1 - 1 / $(nproc) }") ;;
	esac
	while [ $tries -lt "$RETRY" ]; do
		line=$(timed "$@")
		status=$?
		if [ $status != 0 ]; then
			echo "FAILED status=$status $* :: $line" |
				tee -a "$OUT/failed.log" >&2
			return
		fi
		foreign=$(echo "$line" | most_foreign)
		if is_more $least "$foreign"; then
			best=$line least=$foreign
		fi
		is_more "$foreign" "$limit" || break
		tries=$((tries + 1))
		sleep 0.3
	done
	echo "$best" | sed "s/^/round=$round /" >>"$OUT/$log.log"
}

tasks() {
	programs=$(listed_peers)
	for round in $(seq "$ROUNDS"); do
		for pattern in $PATTERNS; do
			for threads in 1 2; do
				lock
				for p in $programs; do
					# The slow ones get half the steps:
					# a task costs the same.
					steps=2000
					case $p$threads in
					serial=*2) continue ;;
					starpu* | omp-llvm=*) steps=1000 ;;
					esac
					[ "$pattern" = fan ] && steps=250
					one tasks "${p#*=}" --width 64 \
						--pattern "$pattern" \
						--steps $steps --builds 2 \
						--threads $threads --reps 3 \
						--min-ms 60
				done
				unlock
			done
		done
		say "tasks: round $round done"
	done
}

metg() {
	programs=$(listed_peers)
	small=8,16,32,64,128,256,512
	large=1024,2048,4096,8192,16384,32768
	for round in $(seq "$ROUNDS"); do
		lock
		for p in $programs; do
			# The plain loop: what two of them would reach is
			# the peak, at every grain.
			case $p in serial=*)
				one metg "${p#*=}" --pattern trivial \
					--width 64 --steps 1600 --threads 1 \
					--reps 1 --min-ms 20 --iters $small
				one metg "${p#*=}" --pattern trivial \
					--width 64 --steps 160 --threads 1 \
					--reps 2 --iters $large
				continue ;;
			esac
			for graph in "stencil_1d 64" "fft 64" "stencil_1d 2"; do
				pattern=${graph% *} width=${graph#* }
				# Many short tasks (a run must outlast the
				# workers' wake-up), fewer long ones.
				many=1600 few=160
				[ "$width" = 2 ] && many=20000 few=2000
				one metg "${p#*=}" --pattern "$pattern" \
					--width "$width" --steps $many \
					--threads 2 --builds 1 --reps 1 \
					--min-ms 20 --iters $small
				one metg "${p#*=}" --pattern "$pattern" \
					--width "$width" --steps $few \
					--threads 2 --builds 1 --reps 2 \
					--iters $large
			done
		done
		unlock
		say "metg: round $round done"
	done
}

idle() {
	programs=$(listed_peers)
	keep=$RETRY RETRY=1	# the process's own time: others do not matter
	for round in 1 2 3; do
		for p in $programs; do
			case $p in serial=*) continue ;; esac
			one idle "${p#*=}" --pattern stencil_1d --width 64 \
				--steps 500 --threads 2 --builds 1 --reps 1 \
				--idle
		done
	done
	RETRY=$keep
}

chol() {
	programs=$(listed_chol)
	for round in $(seq "$ROUNDS"); do
		for n in 2048 4096; do
			for tile in 128 256; do
				lock
				for p in $programs; do
					case $p in
					blas=*) [ $tile = 256 ] || continue ;;
					esac
					one chol "${p#*=}" --n $n --tile $tile \
						--threads 2 --reps 3
				done
				unlock
			done
		done
		say "chol: round $round done"
	done
}

what=${1:-all}
case $what in
build) build_all; exit ;;
tasks | metg | idle | chol) $what ;;
report) ;;
all)
	for log in tasks metg idle chol failed errors; do
		rm -f "$OUT/$log.log"
	done
	build_all
	tasks
	metg
	idle
	chol
	;;
*)
	echo "usage: $0 [all|build|tasks|metg|idle|chol|report]" >&2
	exit 2
	;;
esac
python3 "$here/report.py" "$OUT"
say "programs and logs are in $OUT"
