# Every cl/*.cl compiles alone as OpenCL C 1.2: with its own defaults, and as either class of device builds it.
. tests/rules/_check.sh

clang=$(command -v clang || ls /usr/bin/clang-[0-9][0-9] 2>/dev/null | tail -n 1)
for file in cl/*.cl; do
    [ -e "$file" ] || continue
    for class in '' '-DBAL_CLASS_CPU -DW=16' '-DBAL_CLASS_GPU -DW=4'; do
        name=$(basename "$file" .cl)$(echo "$class" | sed 's/[^CGPU]*\([CG]PU\).*/_\1/')
        if [ -z "$clang" ]; then
            skipped "$name" "clang is not installed"
        # shellcheck disable=SC2086
        elif said=$($clang -x cl -cl-std=CL1.2 -Icl $class -fsyntax-only "$file" 2>&1); then
            ok
        else
            bad "$name" "$said"
        fi
    done
done
finish
