/**
 * Part of a probe: leaves it `$count` words of its own, as "$@". What was shifted away before is counted off `count`; words of later questions, which
 * stand behind, are dropped.
 */
export const ownWords = `total=$#
turned=0
while [ "$turned" -lt "$count" ]; do
  set -- "$@" "$1"
  shift
  turned=$((turned + 1))
done
shift $((total - count))`;
