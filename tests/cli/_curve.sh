# Three made-up experiments of one collection of images in $work: three, ten and thirty images of NORMAL for each of PNEUMONIA.

# part FOLDER ARM SEED FOUND: 20 test images of each class, FOUND of the rare one's 20 are found.
part() {
    folder=$1/split/seed$3/$2
    mkdir -p "$folder"
    echo '{}' >"$folder/report.json"
    printf 'epoch,train_loss,train_accuracy,validation_loss,validation_accuracy,validation_balanced_accuracy\n1,0.7,0.5,0.8,0.6,0.6\n' >"$folder/log.csv"
    {
        echo 'path,label,predicted,seed,arm'
        for i in $(seq 0 19); do
            echo "n$i.png,NORMAL,NORMAL,$3,$2"
            if [ $i -lt "$4" ]; then echo "p$i.png,PNEUMONIA,PNEUMONIA,$3,$2"; else echo "p$i.png,PNEUMONIA,NORMAL,$3,$2"; fi
        done
    } >"$folder/predictions.csv"
}
# experiment NAME RATIO FOUND...: 60 training images of NORMAL; found by original and classic, with seeds 1 and 2.
experiment() {
    run=$work/$1
    mkdir -p "$run"
    sed -e '/^folds/d' -e "s/^\[data\]/&\nimbalance = $2\npositive = PNEUMONIA/" -e 's/^arms .*/arms = original classic/' \
        "tests/cli/good/experiment.ini" >"$run/config.ini"
    {
        echo 'path,label,group,part,fold,sha256'
        for i in $(seq 60); do echo "t$i.png,NORMAL,,train,,"; done
        for i in $(seq $((60 / $2))); do echo "r$i.png,PNEUMONIA,,train,,"; done
        for i in $(seq 0 19); do printf 'n%s.png,NORMAL,,test,,\np%s.png,PNEUMONIA,,test,,\n' $i $i; done
    } >"$run/split.csv"
    part "$run" original 1 "$3"
    part "$run" original 2 "$4"
    part "$run" classic 1 "$5"
    part "$run" classic 2 "$6"
}
experiment three 3 13 13 18 18
experiment ten 10 8 8 13 13
experiment thirty 30 2 4 9 8
