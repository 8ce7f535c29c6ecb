# report.html in a browser (Debian's chromium), without scripts: a run's, an experiment's, one of 20 classes with odd names,
# a curve over imbalance.
# At every width nothing sticks out sideways, pictures are whole and described, and nothing is said on the console; it can
# be printed. Each plot beside it is XML.
. tests/rules/_check.sh

browser=
for name in chromium chromium-browser google-chrome; do
    browser=${browser:-$(command -v $name || true)}
done
if [ -z "$browser" ]; then
    for check in sound_run sound_experiment sound_classes sound_curve faults_are_seen printed; do
        skipped $check 'no chromium here (apt-get install chromium)'
    done
    finish
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
widths='320 360 768 1200'

# page OPTIONS...: the browser without a window; what it says stays in $work/said.
page() {
    timeout 120 "$browser" --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir="$work/profile" \
        --allow-file-access-from-files --enable-logging=stderr --v=0 "$@" 2>"$work/said"
}
# frames FILE: a page that holds FILE at each width, its scripts switched off, and lists what is wrong with it.
frames() {
    echo '<!DOCTYPE html><meta charset="utf-8"><title>frames</title><ul id="faults"></ul>'
    for width in $widths; do
        echo "<iframe sandbox=\"allow-same-origin\" src=\"file://$1\" style=\"width:${width}px;height:900px;border:0\"></iframe>"
    done
    cat <<'END'
<script>
function fault(text) {
    const item = document.createElement('li');
    item.textContent = text;
    document.getElementById('faults').append(item);
}
function look(frame) {
    const page = frame.contentDocument, root = page.documentElement, width = frame.clientWidth;
    if (root.scrollWidth > width) fault(`${width} px: ${root.scrollWidth} px wide`);
    for (const box of page.querySelectorAll('body *')) {
        if (box.closest('.wide, pre') && !box.matches('.wide, pre')) continue;
        const edge = box.getBoundingClientRect();
        if (edge.width && edge.right > width + 1) fault(`${width} px: ${box.tagName} ${box.className} ends at ${edge.right}`);
    }
    for (const image of page.images) {
        if (!image.naturalWidth) fault(`${width} px: no picture: ${image.alt.slice(0, 40)}`);
        if (!image.alt) fault(`${width} px: a picture without words`);
    }
    for (const cell of page.querySelectorAll('th, td'))
        if (cell.textContent.length > 3 && cell.clientWidth < 16) fault(`${width} px: a column of ${cell.clientWidth} px`);
    if (page.querySelector('script, iframe, img:not([src^="data:"])')) fault('something is fetched or run');
    if (page.querySelectorAll('h1').length != 1 || !page.querySelector('main') || !root.lang) fault('not well built');
}
addEventListener('load', () => {
    for (const frame of document.querySelectorAll('iframe')) look(frame);
    document.title = 'looked';
});
</script>
END
}
# look FILE: $faults, and what was said on the console.
look() {
    frames "$1" >"$work/frames.html"
    page --window-size=1300,1000 --dump-dom "file://$work/frames.html" >"$work/dom"
    faults=$(sed -n 's/<li>/\n/gp' "$work/dom" | sed -n '2,$s/<.*//p'; grep ':CONSOLE' "$work/said")
    grep -q '<title>looked' "$work/dom" || faults="not looked at: $(tail -n 3 "$work/said")"
}
sound() {
    look "$2"
    verdict "sound_$1" "$faults"
}

# 20 classes: markup, quotes, 200 characters, two writings, one that turns the direction.
awk 'BEGIN {
    for (i = 0; i < 20; i++) name[i] = "class " i
    name[3] = "<img src=x onerror=alert(1)>"
    name[5] = "\"double\" '\''single'\'' & more"
    for (i = 0; i < 100; i++) { name[7] = name[7] "\303\244"; name[9] = name[9] "xx" }
    for (i = 0; i < 66; i++) name[11] = name[11] "\346\227\245"
    name[13] = "\327\251\327\234 \342\200\256 turned"
    printf "path,label,predicted"
    for (i = 0; i < 20; i++) printf ",%s", quoted("p:" name[i])
    for (r = 0; r < 240; r++) {
        y = r % 20; top = r % 3 ? y : (y + r) % 20
        printf "\n%s,%s,%s", quoted("folder/<b>/" name[9] r ".png"), quoted(name[y]), quoted(name[top])
        for (i = 0; i < 20; i++) printf ",%.4f", i == top ? 0.43 + r % 19 * 0.03 : (0.57 - r % 19 * 0.03) / 19
    }
    print ""
}
function quoted(text) { gsub(/"/, "\"\"", text); return "\"" text "\"" }' >"$work/classes.csv"
"$BALLAST" eval --predictions "$work/classes.csv" --out "$work/classes" --quiet >/dev/null 2>"$work/err" || bad eval "$(cat "$work/err")"
sound classes "$work/classes/report.html"

. tests/cli/_curve.sh
(cd "$work" && "$BALLAST" report three ten thirty --out curve --quiet) >/dev/null 2>"$work/err" || bad curve "$(cat "$work/err")"
sound curve "$work/curve/report.html"

"$BALLAST" train tests/cli/good/gan.ini --out "$work" --quiet >/dev/null 2>"$work/err" &&
    "$BALLAST" experiment tests/cli/good/experiment.ini --arms 'original paper' --folds '0 1' --seeds 1 --out "$work/e" --quiet >/dev/null 2>"$work/err"
if [ -e "$work/tiny/report.html" ] && [ -e "$work/e/tiny/report.html" ]; then
    sound run "$work/tiny/report.html"
    sound experiment "$work/e/tiny/report.html"
else
    skipped sound_run "$(head -n 1 "$work/err")"
    skipped sound_experiment 'no run'
fi

# That the checks above see something at all.
printf '<!DOCTYPE html><script>document.title = 1</script><div style="width:2000px">x</div><img alt="" src="data:,">' >"$work/poor.html"
look "$work/poor.html"
verdict faults_are_seen "$(for fault in 'Blocked script' '320 px: 2... px wide' 'a picture without words' 'no picture' 'is fetched or run'; do
    printf '%s\n' "$faults" | grep -q "$fault" || echo "not seen: $fault"
done)"

page --no-pdf-header-footer --print-to-pdf="$work/page.pdf" "file://$work/classes/report.html" >/dev/null
verdict printed "$(grep ':CONSOLE' "$work/said"; [ "$(wc -c <"$work/page.pdf")" -gt 20000 ] && head -c 5 "$work/page.pdf" | grep -q '%PDF-' || tail -n 3 "$work/said")"

# Every plot stands alone.
if command -v xmllint >/dev/null; then
    verdict plots_are_xml "$(find "$work" -name '*.svg' -exec xmllint --noout {} + 2>&1)$([ "$(find "$work/classes" -name '*.svg' | wc -l)" -eq 5 ] || ls "$work/classes")"
else
    skipped plots_are_xml 'no xmllint here (apt-get install libxml2-utils)'
fi
finish
