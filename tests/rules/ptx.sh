# The convolutions with tensor cores compile to NVIDIA's PTX (clang), and that assembles (ptxas, of PyPI's nvidia-cuda-nvcc;
# PTXAS names another).
. tests/rules/_check.sh

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
ptxas=${PTXAS:-ptxas}
compile() {
    clang -cc1 -triple nvptx64-nvidia-nvcl -internal-isystem "$(clang -print-resource-dir)/include" -cl-std=CL1.2 \
        -cl-mad-enable -finclude-default-header -include tests/rules/ptx.h -O3 -target-cpu sm_75 -target-feature +ptx70 \
        -DBAL_CLASS_GPU -DW=4 -DMMA=1 -DX_HALF -DY_HALF -DIN4 -DOUT4 $2 -S -o "$folder/$1.ptx" "cl/$1.cl" 2>&1
}
if command -v clang >/dev/null 2>&1; then
    for kernel in conv_gpu:-DBACKWARD conv_gpu: conv_weights_gpu:; do
        file=${kernel%%:*}
        said=$(compile "$file" "${kernel#*:}") || { bad "compile_$kernel" "$said"; continue; }
        verdict "mma_$kernel" "$([ "$(grep -c 'mma.sync.aligned.m16n8k8' "$folder/$file.ptx")" = 16 ] || echo 'not 16 mma.sync')"
        # Clang marks its target for OpenCL by an addressing mode of images that assemblers no longer know.
        sed 's/, texmode_independent//' "$folder/$file.ptx" >"$folder/plain.ptx"
        if command -v "$ptxas" >/dev/null 2>&1; then
            for arch in sm_75 sm_80 sm_90; do
                verdict "assemble_${kernel}_$arch" "$("$ptxas" -arch=$arch -o "$folder/out" "$folder/plain.ptx" 2>&1)"
            done
        else
            skipped "assemble_$kernel" "ptxas is not here"
        fi
    done
else
    skipped compile "clang is not here"
fi
finish
