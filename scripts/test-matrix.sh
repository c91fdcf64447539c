#!/bin/sh
# Runs the tests under every Node line that is maintained. Each is fetched once, into .cache/node-<line>/.
# Arguments go to vitest:  scripts/test-matrix.sh test/unit
set -eu

bridge=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)/bridge
lines='22 24 26'
failed=

for line in $lines; do
  version=$(BRIDGE_NODE=$line "$bridge" node --version) || version="line $line"
  printf '\n== Node %s\n' "$version"
  if ! BRIDGE_NODE=$line "$bridge" test "$@"; then failed="$failed $line"; fi
done

printf '\n'
if [ -n "$failed" ]; then
  echo "failed under Node:$failed"
  exit 1
fi
echo "passed under Node: $lines"
