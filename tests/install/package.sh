# The Debian packages that cpack makes of this build: what is in them, and what they say.
. tests/rules/_check.sh

for tool in cpack dpkg-deb dpkg-shlibdeps file; do
    command -v $tool >/dev/null || { skipped package "there is no $tool here (packages dpkg-dev, file)"; finish; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cpack --config "$BALLAST_BUILD/CPackConfig.cmake" -B "$folder" >"$folder/said" 2>&1 || bad cpack "$(tail -n 20 "$folder/said")"
program=$(echo "$folder"/ballast_*.deb) library=$(echo "$folder"/libballast-dev_*.deb)

# contents NAME PACKAGE FILE...: each is there.
contents() {
    name=$1
    dpkg-deb --fsys-tarfile "$2" | tar -t >"$folder/list" || : >"$folder/list"
    shift 2
    verdict "$name" "$(for file; do grep -qE "^\./usr/$file\$" "$folder/list" || echo "$file is missing"; done)"
}
# shellcheck disable=SC2046
contents program "$program" bin/ballast share/ballast/configs/demo.ini share/bash-completion/completions/ballast \
    share/man/man5/ballast.ini.5.gz share/man/man1/ballast.1.gz share/doc/ballast/copyright share/doc/ballast/changelog.Debian.gz \
    share/doc/ballast/changelog.gz $("$BALLAST" help | sed -n 's/^  \([a-z]*\) .*/share\/man\/man1\/ballast-\1.1.gz/p')
verdict program_alone "$(grep -E '/include/|\.a$|\.h$' "$folder/list")"
contents library "$library" include/ballast/version.h 'lib/.*libballast\.(a|so)' 'lib/.*/ballast\.pc' 'lib/.*/ballast-config\.cmake' \
    share/doc/libballast-dev/copyright
verdict depends "$(for package in libclblast1 libinih1 libcjson1; do
    dpkg-deb -f "$program" Depends | grep -q "$package" || echo "the program does not depend on $package"
done)"
verdict driver "$(dpkg-deb -f "$program" Recommends | grep -q pocl-opencl-icd || echo "no driver is recommended")"
verdict version "$(dpkg-deb -f "$program" Version | grep -q "^$("$BALLAST" --version | sed -n 's/^ballast \([0-9.]*\) .*/\1/p')-" ||
    dpkg-deb -f "$program" Version)"
finish
