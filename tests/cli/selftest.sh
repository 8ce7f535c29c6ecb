# `ballast selftest` on both classes of kernels, and what it says of a kernel that is a little wrong.
. tests/rules/_check.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for class in cpu gpu; do
    said=$("$BALLAST" selftest --kernels $class 2>"$work/err")
    verdict all_right_$class "$([ $? -eq 0 ] || { cat "$work/err"; printf '%s\n' "$said"; })"
    verdict counts_$class "$(printf '%s\n' "$said" | grep -q ': \([0-9]*\) of \1 known answers right' || printf '%s\n' "$said")"
done
cp cl/* "$work"
sed 's/ACTIVATE(T, x) tanh/ACTIVATE(T, x) 0.99f * tanh/' cl/tanh.cl >"$work/tanh.cl"
verdict broken_kernel_differs "$(cmp -s cl/tanh.cl "$work/tanh.cl" && echo 'sed found no tanh(')"
said=$(BAL_CL_DIR=$work "$BALLAST" selftest 2>/dev/null)
verdict wrong_answer_exits_1 "$([ $? -eq 1 ] || echo "$said")"
verdict wrong_answer_is_named "$(printf '%s\n' "$said" | grep -q '^wrong: layer tanh.*: forward: ' || echo "$said")"
verdict only_that_is_wrong "$(printf '%s\n' "$said" | grep '^wrong' | grep -v 'layer tanh')"
finish
