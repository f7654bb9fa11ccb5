#!/usr/bin/env bash
# The house rules of docs/design.md that a grep can check. Each finding is printed as file:line:text;
# exits 1 when there is one.
set -euo pipefail
cd "$(dirname "$0")/.."
findings=0

# forbid <rule> <extended regex> <pathspec>...
forbid() {
  local rule=$1 pattern=$2
  shift 2
  if git grep -nIE -e "$pattern" -- "$@"; then
    echo "  ^ $rule" >&2
    findings=$((findings + 1))
  fi
}

# may_use <room> <rooms>: non-test code of a room includes itself and these rooms only.
may_use() {
  forbid "parfocal/$1 may include only: $1 ${2//|/ }" \
    "^#include \"parfocal/($(other_rooms "$1|$2"))/" "parfocal/$1/*" "$no_tests"
}

other_rooms() {
  local room others=()
  for room in core kernels operators formats devices graph planner engine acquisition report viewer; do
    [[ "|$1|" == *"|$room|"* ]] || others+=("$room")
  done
  (IFS='|'; echo "${others[*]}")
}

no_tests=':!*_test.cpp'
code=('*.h' '*.cpp')

forbid 'one engine: live, offline and shard differ in source, clock and reservations only' \
  'if \(!?(is_)?live(\(\))?\)' "${code[@]}"
# run.h is the face of the engine: its callbacks come at the speed of people.
forbid 'no std::function where it would be called per frame' \
  'std::function' 'parfocal/engine/*' 'parfocal/kernels/*' ':!parfocal/engine/run.h' "$no_tests"
forbid 'every wait is on a stop token: no sleeping' \
  'sleep_(for|until)|[^a-z_]u?sleep\(' 'parfocal/*' "$no_tests"
forbid 'the library never prints and never ends the process' \
  'std::(cout|cerr|clog|abort|exit|terminate)|(^|[^a-z_:])(f?printf|abort|exit)\(|fmt::print' 'parfocal/*' "$no_tests"
# record.cpp writes run.json at the end of a run.
forbid 'operators, kernels and the engine get parsed parameters, never a dictionary' \
  '#include [<"](yaml-cpp|nlohmann)/' 'parfocal/operators/*' 'parfocal/kernels/*' 'parfocal/engine/*' ':!parfocal/engine/record.cpp' "$no_tests"
forbid 'headers of core need the standard library only: they are what consumers compile' \
  '#include [<"](yaml-cpp|nlohmann|fmt|hwy|tiff|opencv2|tbb)' 'parfocal/core/*.h'
forbid 'no paths of one machine' \
  '(^|[^a-zA-Z0-9_.])/(work|home|root|Users)/' . ':!scripts/check_house.sh'
forbid 'finish it or leave it out' \
  '\b(TODO|FIXME|XXX)\b' . ':!scripts/check_house.sh' ':!*.md'

# What a source can say, so can one that stands before it: the next function too.
for name in $(sed -n '/^class Source {/,/^};/p' parfocal/core/io.h | sed -nE 's/^ *virtual .*[ &]([a-z_]+)\(.*/\1/p'); do
  if ! grep -qE "[ &]$name\(" parfocal/core/forwarding_source.h; then
    echo "parfocal/core/forwarding_source.h: Source::$name is not passed on" >&2
    findings=$((findings + 1))
  fi
done

may_use core ''
may_use kernels ''
may_use operators 'core|kernels'
may_use formats 'core|kernels'
may_use devices 'core'
may_use graph 'core'
may_use planner 'core|graph'
may_use engine 'core|planner'
may_use report 'core|planner|formats'
may_use viewer 'core'

if [ "$findings" -gt 0 ]; then
  echo "check_house: $findings rules broken" >&2
  exit 1
fi
echo "check_house: all rules kept"
