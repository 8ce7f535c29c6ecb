# configs/dcgan128.ini, with fewer images: its nets are of 128 pixels, and a few steps train and write what they should.
# (rules/configs checks the file as it is.)
. tests/rules/_check.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fewer='data.source=phantom kind=xray'
said=$("$BALLAST" check configs/dcgan128.ini --set "$fewer" 2>&1)
verdict check "$(printf '%s\n' "$said" | grep -q '^0 faults, ' || printf '%s\n' "$said")"
verdict image "$(printf '%s\n' "$said" | grep -q 'deconv filters=3 .* 128 x 128 x 3 ' || printf '%s\n' "$said")"

trained=$("$BALLAST" train configs/dcgan128.ini --out "$work" --quiet --set "$fewer" --set train.gan.classes=PNEUMONIA \
    --set train.gan.steps=3 --set train.gan.batch=2 --set run.tune=off 2>&1)
code=$?
if printf '%s' "$trained" | grep -q 'no OpenCL device'; then
    skipped train "$trained"
    finish
fi
gan=$work/dcgan128/gan/PNEUMONIA
verdict train "$([ $code -eq 0 ] && [ -s "$gan/generator.safetensors" ] || printf '%s\n' "$code" "$trained")"
# The height in a PNG's header: rows of the grid, 128 pixels each.
height=$(od -An -tu1 -j20 -N4 "$gan/real.png" | awk '{ print ($3 * 256 + $4) % 128 }')
verdict samples "$([ "$height" = 0 ] || echo "a height of $height more than rows of 128")"
finish
