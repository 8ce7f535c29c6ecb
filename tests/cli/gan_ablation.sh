# bench/gan_ablation.py: its table of runs that are there, whose figures are worked out by hand.
. tests/rules/_check.sh

if ! command -v python3 >/dev/null; then
    skipped table 'there is no python3'
    finish
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/rows.csv" <<END
option,seed,updates,kid,kid_error,coverage,random_kid,random_coverage,real_kid,real_coverage,copies,seconds,device,commit
base,1,4000,0.5,0.02,0.25,0.001,0.5,-0.001,0.98,0.25,100,a device,abc
plain,1,4000,0.25,0.03,0.5,0.002,0.5,-0.001,0.98,0.5,110,a device,abc
base,2,4000,0.75,0.04,0.5,0.003,0.5,-0.001,0.98,0.5,120,a device,abc
plain,2,4000,0.25,0.05,0.75,0.004,0.5,-0.001,0.98,0.25,130,a device,abc
END
verdict table "$(python3 bench/gan_ablation.py table "$work/rows.csv" 2>&1 | grep '^| [bp]' | diff - /dev/fd/3 3<<'END'
| plain | `augment = none` | 0.2500 (0.2500, 0.2500) | 0.0400 | -0.3750 (-0.2500, -0.5000) | 0.62 (0.50, 0.75) | +0.25 (+0.25, +0.25) | 3.00e-03 (2.00e-03, 4.00e-03) | 0.50 (0.50, 0.50) | 0.38 | 120 |
| base | `augment = diff`, `ema = 0.995`, as `plan` chooses | 0.6250 (0.5000, 0.7500) | 0.0300 |  | 0.38 (0.25, 0.50) |  | 2.00e-03 (1.00e-03, 3.00e-03) | 0.50 (0.50, 0.50) | 0.38 | 110 |
END
)"
verdict help "$(python3 bench/gan_ablation.py run --help 2>&1 | grep -q -- --minutes || echo no)"
finish
