# Floors: lower never includes higher; only src/device calls OpenCL, only src/ops calls CLBlast; plug-ins never see each other.
. tests/rules/_check.sh

floor_of_folder() {
    case $1 in
    base) echo 0 ;; device) echo 1 ;; ops) echo 2 ;; net) echo 3 ;; layers | losses | optims | data) echo 4 ;;
    train | eval) echo 5 ;; cli) echo 6 ;; *) echo '?' ;;
    esac
}

# A public header belongs to the floor of the C file of its name; the contracts of the plug-ins to net.
floor_of_header() {
    case $1 in
    layer | loss | optim | data) echo 3; return ;;
    version | watch) echo 0; return ;;
    esac
    for folder in base device ops net train eval; do
        if [ -e "src/$folder/$1.c" ]; then floor_of_folder $folder; return; fi
    done
    if [ -e "src/data/_$1.c" ]; then floor_of_folder data; else echo '?'; fi
}

floor_of() {
    case $1 in
    include/ballast/*) floor_of_header "$(basename "$1" .h)" ;;
    src/*) rest=${1#src/}; floor_of_folder "${rest%%/*}" ;;
    esac
}

# What "x.h" means in a file: public, from src/, or beside the file.
resolve() {
    case $2 in
    ballast/*) echo "include/$2" ;;
    */*) echo "src/$2" ;;
    *) echo "$(dirname "$1")/$2" ;;
    esac
}

includes() { sed -n 's/^[ ]*#[ ]*include[ ]*"\([^"]*\)".*/\1/p' "$1"; }

climbing() {
    for file in $(find include src -name '*.[ch]' | sort); do
        own=$(floor_of "$file")
        for name in $(includes "$file"); do
            header=$(resolve "$file" "$name")
            other=$(floor_of "$header")
            [ -e "$header" ] || echo "$file includes $name, which is not there"
            case $own$other in
            *\?*) echo "$file includes $name: no floor known for one of them (is there a C file of the header's name?)" ;;
            *) [ "$other" -le "$own" ] || echo "$file (floor $own) includes $name (floor $other)" ;;
            esac
        done
    done
}

sideways() {
    for folder in layers losses optims data; do
        grep -nE "#[ ]*include[ ]*\"(layers|losses|optims|data)/" src/$folder/*.c 2>/dev/null | grep -v "\"$folder/_"
    done
}

verdict lower_never_includes_higher "$(climbing)"
verdict plugins_never_include_each_other "$(sideways)"
verdict only_device_calls_opencl \
    "$(all_code src include | grep -v '^src/device/' | grep -E '(^|[^A-Za-z0-9_])cl[A-Z][A-Za-z]*[ ]*\(')"
verdict only_ops_call_clblast "$(all_code src include | grep -v '^src/ops/' | grep -E '(^|[^A-Za-z0-9_])CLBlast[A-Za-z]*[ ]*\(')"
finish
