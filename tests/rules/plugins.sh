# A plug-in without a test fails, and so does a test without a plug-in.
. tests/rules/_check.sh

for folder in layers losses optims data; do
    for file in src/$folder/*.c; do
        name=$(basename "$file")
        case $name in _* | '*.c') continue ;; esac
        if [ -e "tests/$folder/$name" ]; then ok; else bad "$folder/${name%.c}" "src/$folder/$name has no tests/$folder/$name"; fi
    done
done
for folder in layers losses optims; do
    for file in tests/$folder/*.c; do
        name=$(basename "$file")
        case $name in _* | '*.c') continue ;; esac
        [ -e "src/$folder/$name" ] || bad "$folder/${name%.c}" "tests/$folder/$name tests no src/$folder/$name"
    done
done
finish
