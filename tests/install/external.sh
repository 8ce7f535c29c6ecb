# A program outside the tree, built against the installed library through pkg-config and through find_package, runs.
. tests/rules/_check.sh

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
build_and_install() { cmake --install "$BALLAST_BUILD" --prefix "$folder/prefix"; }
with_pkg_config() {
    package=$(find "$folder/prefix" -name ballast.pc)
    # shellcheck disable=SC2046,SC2086
    cc -std=c11 -Wall -Wextra -Werror $BALLAST_SANITIZE tests/install/external.c -o "$folder/one" \
        $(PKG_CONFIG_PATH=${package%/*} pkg-config --cflags --libs ballast) && "$folder/one" tests/install/external.ini
}
with_cmake() {
    cmake -G Ninja -S tests/install -B "$folder/build" -DCMAKE_PREFIX_PATH="$folder/prefix" -DCMAKE_C_FLAGS="$BALLAST_SANITIZE" &&
        cmake --build "$folder/build" && "$folder/build/external" tests/install/external.ini
}
installed_manual() { [ -s "$folder/prefix/share/man/man1/ballast-train.1" ] && [ -s "$folder/prefix/share/man/man5/ballast.ini.5" ]; }
installed_completion() {
    bash --norc -c '. "$1/share/bash-completion/completions/ballast" && COMP_WORDS=(ballast tr) COMP_CWORD=1 &&
        _ballast "$1/bin/ballast" && [ "${COMPREPLY[*]}" = train ]' bash "$folder/prefix"
}
installed_program() { "$folder"/prefix/bin/ballast --version; }

for step in build_and_install with_pkg_config with_cmake installed_program installed_manual installed_completion; do
    if $step >"$folder/said" 2>&1; then ok; else bad $step "$(tail -n 20 "$folder/said")"; fi
done
finish
