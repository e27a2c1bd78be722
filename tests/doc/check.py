"""check.py PROGRAM FOLDER: do the pages and the program agree?

Runs the program on small data, and trains the same with reference.py, which was written from the
pages alone. Every hash, loss, metric and file must be the same; and the pages' examples must be what
examples.py makes. Prints "N passed, N failed".
"""
import itertools
import json
import os
import random
import subprocess
import sys

import cut
import examples
import formats
import generate
import optimizers
import reference

PROGRAM, FOLDER = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
PAGES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "doc")
passed = failed = 0
chance = random.Random(1)


def check(what, found, expected):
    global passed, failed
    if found == expected:
        passed += 1
        return
    failed += 1
    print(f"not ok: {what}\n    the program: {str(found)[:200]}\n    the pages:   {str(expected)[:200]}")


def run(*arguments, status=0):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, cwd=FOLDER)
    if done.returncode != status:
        check(f"exit status of {' '.join(map(str, arguments))}: {done.stderr.decode()}",
              done.returncode, status)
    return done


def content(name):
    with open(os.path.join(FOLDER, name), "rb") as file:
        return file.read()


def put(name, text):
    with open(os.path.join(FOLDER, name), "w") as file:
        file.write(text)


# --- data -----------------------------------------------------------------------------------------
def odd_rows():
    """Unsorted rows, zeros, subnormal numbers, many digits, large names, empty rows."""
    values = ["0", "-0", "1", "0.1", "1e-3", "-2.5", "1.00000005960464477539062500001", "1e-44", "-.5"]
    for _ in range(90):
        names = chance.sample([0, 1, 7, 8, 9, 100, 4294967294, 65536, 3, 12], chance.choice([0, 1, 2, 5, 9]))
        entries = " ".join(f"{name}:{chance.choice(values)}" for name in names)
        yield chance.choice(["2 ", "5.0 qid:3 "]) + entries + chance.choice(["\n", " # c:1\n"])


def make_data():
    put("rows", "".join(generate.linear(150, 3, 60, 7, 1, 0.05)))
    put("odd_rows", "".join(odd_rows()))
    put("classes", "".join(f"{chance.choice([7, -1.5, 0, 1e6])} {line.split(' ', 1)[1]}"
                           for line in generate.linear(150, 4, 60, 7, 1, 0.05)))
    put("odd_classes", "".join(f"{chance.randrange(1 + k % 18)} {line.split(' ', 1)[1]}"
                               for k, line in enumerate(odd_rows())))
    put("ratings", "".join(generate.ratings(1100, 5, 60, 40, 4, 0.5, 0.5)))
    put("short_rows", "".join(generate.linear(90, 5, 40, 6, 1, 0.05)))
    put("short_ratings", "".join(generate.ratings(90, 9, 20, 15, 3, 0.5, 0.5)))
    put("odd_ratings", "user,item,rating,time\n# c\n" + "".join(
        f"{chance.choice([0, 5, 4294967294, 77])},{chance.choice([0, 2, 4294967294, 19, 8])},"
        f"{chance.gauss(-3, 2):.5f},9\n" for _ in range(120)))


def odd_edges():
    """Loops, repeated edges, weights that are absent, zero or subnormal, large names."""
    for _ in range(150):
        u, v = (chance.choice([0, 3, 4, 5, 8, 9, 60, 61, 4294967294, 17, 22]) for _ in range(2))
        yield f"{u} {v}{chance.choice(['', ' 0', ' 1e-44', ' 2.5', ' .1', ' 3.14159265358979', ' 7 x'])}\n"


def check_images():
    for W, H, K, noise, seed in ((31, 22, 2, 20, 1), (40, 30, 3, 0, 2**40 + 3), (37, 44, 7, 55.5, 7), (9, 3, 3, 1, 2)):
        run("generate", "image", "--width", W, "--height", H, "--labels", K, "--noise", noise, "--seed", seed,
            "-o", "edges", "--terminals", "t", "--picture", "p", "--truth", "g")
        edges, terminals, picture, truth = cut.image(W, H, K, float(noise), seed)
        found = [content("edges").decode(), content("t").decode(), content("p"), content("g").decode()]
        for what, a, b in zip(("edges", "terminals", "picture", "truth"), found, (edges, terminals, picture, truth)):
            check(f"generate image {W} {H} {K}: {what}", a, b)


def check_cuts():
    put("odd_edges", "".join(odd_edges()))
    put("two", "0 1\n4294967294 -2.5\n\n9 1 x\n3 -2.5\n77 12\n")
    put("six", "a b\n0,1\n4,0\n8,-0\n9,1e-3\n61,7\n22,100\n17,-5.25\n0,1\n")
    edges, terminals, _, _ = cut.image(28, 20, 3, 15.0, 3)
    put("image", edges)
    put("seeds", terminals)
    hows = [["--mode", "serial"], ["--planner", "lanes", "--threads", 2], ["--threads", 3]]
    cases = itertools.product((("odd_edges", "two"), ("odd_edges", "six"), ("image", "seeds")),
                              ("shuffle", "reshuffle", "sequential", "replacement", "file"))
    for i, ((path, given), kind) in enumerate(cases):
        data = reference.read("graph-cut", os.path.join(FOLDER, path))
        arguments, options = order_options(kind, data.n)
        arguments += ["--terminals", given, "--epochs", 1 + i % 3, "--seed", 5 + i]
        terminals = os.path.join(FOLDER, given)
        options.update(epochs=1 + i % 3, seed=5 + i, terminals=terminals)
        if i % 2:
            options.update(step=0.07 / (1 + i % 5), decay=0.95)
            arguments += ["--step", options["step"], "--step-decay", 0.95]
        compare_run("graph-cut", path, arguments, {"terminals": terminals}, options, hows[i % 3])


def check_generators():
    for skew, seed in ((0, 1), (0.75, 7), (4, 2**40 + 3)):
        for kind, arguments, lines in (
                ("ratings", ["--users", 50, "--items", 7, "--rank", 3, "--noise", 0.5],
                 generate.ratings(200, seed, 50, 7, 3, skew, 0.5)),
                ("linear", ["--features", 9, "--nonzeros", 8, "--flip", 0.3],
                 generate.linear(200, seed, 9, 8, skew, 0.3)),
                ("linear", ["--features", 9, "--nonzeros", 5, "--flip", 0.4, "--labels", 7],
                 generate.linear(200, seed, 9, 5, skew, 0.4, 7)),
                ("graph", ["--nodes", 60], generate.graph(200, seed, 60, skew))):
            done = run("generate", kind, "--samples", 200, "--seed", seed, "--skew", skew, *arguments)
            check(f"generate {kind}, skew {skew}", done.stdout.decode(), "".join(lines))


# --- training -------------------------------------------------------------------------------------
class Watched(formats.Record):
    """With the metric on test data, and a checkpoint, after each epoch."""

    def __init__(self, m, data_path, folder, test, **options):
        self.test, self.tests, self.checkpoint = test, [], None
        super().__init__(m, data_path, folder, **options)

    def after_epoch(self, e):
        self.tests.append(reference.evaluate(self.m, self.test))
        self.checkpoint = formats.checkpoint(self, e + 1)


def compare_run(model, path, arguments, model_options, run_options, how):
    """One run with model, lock and checkpoint, one with a trace, one eval."""
    what = f"{model} {path} {' '.join(map(str, arguments))}"
    path_of = os.path.join(FOLDER, path)
    data = reference.read(model, path_of)
    m = reference.new_model(model, data, **model_options)
    record = Watched(m, path_of, FOLDER, data, **run_options)
    arguments = ["train", "--model", model, "--json", "-q", *arguments, *how, path]
    if not record.done:
        check(what + ": diverges", run(*arguments, status=2).returncode, 2)
        return
    done = json.loads(run(*arguments, "--test", path, "-o", "m", "--lock", "lock",
                          "--checkpoint", "check").stdout)
    facts = record.facts()
    for key in ("model_hash", "order_hash", "data_hash", "model_sha256"):
        check(f"{what}: {key}", done[key], facts[key])
    shown = [(e["loss"], e["step"], e["test_loss"], e["test_metric"]) for e in done["epochs"]]
    check(what + ": losses and metrics", shown,
          [(a, b, c[0], c[1]) for a, b, c in zip(record.losses, record.gammas, record.tests)])
    check(what + ": lock", content("lock"), record.lock())
    check(what + ": model file", content("m"), formats.model_file(m))
    check(what + ": checkpoint", content("check"), record.checkpoint)
    run(*arguments, "--trace", "trace")
    check(what + ": trace", content("trace"), record.trace())
    other = ("odd_rows", "odd_ratings", "odd_edges")[data.kind]
    seen = json.loads(run("eval", "--json", "-q", "m", other).stdout)
    check(f"{what}: eval on {other}", (seen["loss"], seen["metric"], seen["unseen"]),
          reference.evaluate(m, reference.read(model, os.path.join(FOLDER, other))))
    if model == "graph-cut":
        check(f"{what}: predict", run("predict", "-q", "m", other).stdout.decode(),
              "".join(m.predict(reference.read(model, os.path.join(FOLDER, other)))))


def order_options(kind, n):
    if kind != "file":
        return ["--order", kind], {"kind": kind}
    listed = [chance.randrange(n) for _ in range(n // 2)]
    put("order", "# order\n" + "".join(f"{k}\n" for k in listed))
    return (["--order", "file:order"],
            {"kind": kind, "listed": listed, "order_path": os.path.join(FOLDER, "order")})


def check_training():
    orders = ["shuffle", "reshuffle", "sequential", "replacement", "file"]
    seeds = [1, 0, 2**32 + 5, 2**64 - 1]
    hows = [["--mode", "serial"], ["--planner", "lanes", "--threads", 2], ["--threads", 3]]
    cases = [(m, p, o, l2, b) for m, p, o, (l2, b) in itertools.product(
        ["svm", "logistic", "least-squares"], ["rows", "odd_rows"], orders, [(0, 0), (0.3, 1)])]
    cases += [(m, p, o, l2, b) for m, p, o, (l2, b) in itertools.product(
        ["svm", "logistic"], ["classes", "odd_classes"], orders, [(0, 0), (0.3, 1)])]
    cases += [("matrix-completion", p, o, l2, r) for p, o, (l2, r) in itertools.product(
        ["ratings", "odd_ratings"], orders, [(0, 5), (0.05, 17)])]
    for i, (model, path, kind, l2, last) in enumerate(cases):
        data = reference.read(model, os.path.join(FOLDER, path))
        arguments, options = order_options(kind, data.n)
        seed, epochs = seeds[i % 4], 1 + i % 3
        completion = model == "matrix-completion"
        model_options = dict(l2=l2, **({"rank": last, "seed": seed} if completion else {"bias": bool(last)}))
        arguments += ["--seed", seed, "--epochs", epochs, "--l2", l2]
        arguments += ["--rank", last] if completion else ["--bias"] * last
        options.update(seed=seed, epochs=epochs, l2=l2)
        if i % 2:
            options.update(step=0.07 / (1 + i % 5), decay=0.95)
            arguments += ["--step", options["step"], "--step-decay", 0.95]
        compare_run(model, path, arguments, model_options, options, hows[i % 3])
    compare_run("least-squares", "odd_rows", ["--epochs", 9, "--step", 5], {}, {"epochs": 9, "step": 5.0}, [])
    # A row so long that its trace is hashed in pieces.
    put("long", "+1 " + " ".join(f"{k}:{k % 7}" for k in range(1, 2100)) + "\n-1 3:1\n")
    compare_run("logistic", "long", ["--epochs", 2], {}, {"epochs": 2}, [])


def check_optimizers():
    """Every model × optimiser × form of L2, orders and schedules by turns."""
    orders = ["shuffle", "reshuffle", "sequential", "replacement", "file"]
    hows = [["--mode", "serial"], ["--planner", "lanes", "--threads", 2], ["--threads", 3]]
    schedules = ["epoch-decay", "constant", "inverse", "inverse-sqrt"]
    models = ["svm", "logistic", "least-squares", "matrix-completion"]
    cases = itertools.product(models, ["sgd", "svrg", "saga"], [(0, False), (0.3, False), (0.3, True)], (0, 1))
    for i, (model, optimizer, (l2, exact), odd) in enumerate(cases):
        completion = model == "matrix-completion"
        path = ("odd_" if odd else "short_") + ("ratings" if completion else "rows")
        data = reference.read(model, os.path.join(FOLDER, path))
        arguments, options = order_options(orders[i % 5], data.n)
        schedule = schedules[i % (4 if optimizer == "sgd" else 2)]
        options.update(epochs=2, l2=l2, optimizer=optimizer, exact=exact, schedule=schedule,
                       step=[0.01, 0.03, 0.002][i % 3], decay=0.9 if schedule == "epoch-decay" else 1.0)
        arguments += ["--epochs", 2, "--l2", l2, "--optimizer", optimizer, "--schedule", schedule]
        arguments += ["--step", options["step"], "--l2-form", "exact" if exact else "degree"]
        arguments += ["--step-decay", 0.9] if schedule == "epoch-decay" else []
        arguments += ["--rank", 5] if completion else []
        model_options = dict(l2=0.0 if exact else l2, **({"rank": 5} if completion else {}))
        compare_run(model, path, arguments, model_options, options, hows[i % 3])
    for i, (optimizer, given, kind) in enumerate(itertools.product(["svrg", "saga"], ["two", "six"], orders)):
        arguments, options = order_options(kind, reference.read("graph-cut", os.path.join(FOLDER, "odd_edges")).n)
        terminals = os.path.join(FOLDER, given)
        options.update(epochs=2, optimizer=optimizer, exact=False, l2=0, step=[0.2, 0.03][i % 2], terminals=terminals)
        arguments += ["--terminals", given, "--epochs", 2, "--optimizer", optimizer, "--step", options["step"]]
        compare_run("graph-cut", "odd_edges", arguments, {"terminals": terminals}, options, hows[i % 3])
    put("minus", "+1 2:100\n+1 1:2.8026e-45 2:100\n+1 1:1.4013e-45 2:100\n")  # a weight that is -0
    options = dict(kind="sequential", epochs=1, optimizer="svrg", exact=False, l2=0, step=0.25)
    compare_run("svm", "minus", ["--order", "sequential", "--epochs", 1, "--optimizer", "svrg", "--step", 0.25],
                {}, options, hows[0])
    for model, l2, epsilon in (("svm", 0.5, 0.1), ("logistic", 2, 3)):
        m = reference.new_model(model, reference.read(model, os.path.join(FOLDER, "rows")))
        done = run("train", "--model", model, "--json", "-q", "--l2", l2, "--l2-form", "exact", "--step",
                   f"theory:{epsilon}", "rows")
        check(f"theory's step, {model}", json.loads(done.stdout)["step"], optimizers.theory_step(m, l2, epsilon))


def check_averages():
    ways = [(dict(batch=256), ["--mode", "average-gradients", "--threads", 2]),
            (dict(batch=7), ["--mode", "average-gradients", "--batch", 7, "--threads", 3]),
            (dict(threads=1), ["--mode", "average-runs", "--threads", 1]),
            (dict(threads=3), ["--mode", "average-runs", "--threads", 3]),
            (dict(threads=2, whole_runs=True),
             ["--mode", "average-runs", "--threads", 2, "--average-every", "run"])]
    cases = itertools.product([("svm", "rows"), ("svm", "odd_rows"), ("logistic", "rows"),
                               ("least-squares", "odd_rows"), ("matrix-completion", "ratings")], [0, 0.2],
                              ["shuffle", "reshuffle"], ways)
    for (model, path), l2, kind, (options, arguments) in cases:
        completion = model == "matrix-completion"
        m = reference.new_model(model, reference.read(model, os.path.join(FOLDER, path)), l2=l2,
                                **({"rank": 5} if completion else {}))
        arguments = ["--model", model, "--l2", l2, "--order", kind, "--epochs", 2, *arguments,
                     *(["--rank", 5] if completion else []), path]
        losses = reference.train_averages(m, kind=kind, epochs=2, **options)
        done = json.loads(run("train", "--json", "-q", *arguments).stdout)
        what = " ".join(map(str, arguments))
        check(what + ": model hash", done["model_hash"], formats.xxh128(formats.model_bytes(m)))
        check(what + ": losses", [e["loss"] for e in done["epochs"]], losses)


def check_networks():
    put("network_rows", "".join(f"{chance.choice(['-0', '0', '3', '1.5', '-7'])} " + " ".join(
        f"{name}:{chance.choice(['1', '-0.5', '0', '2.25', '0.1'])}"
        for name in sorted(chance.sample(range(3, 40), chance.choice([0, 3, 8, 20])))) + "\n"
        for _ in range(130)))
    hows = [["--mode", "serial"], ["--planner", "lanes", "--threads", 2], ["--threads", 3]]
    cases = itertools.product(["rows", "odd_rows", "network_rows"], ["shuffle", "reshuffle", "replacement", "file"],
                              [("5", 1), ("40", 0.05), ("12,7", 0.3), ("4,1,6", 0.51)])
    for i, (path, kind, (hidden, keep)) in enumerate(cases):
        data = reference.read("mlp", os.path.join(FOLDER, path))
        arguments, options = order_options(kind, data.n)
        seed, epochs = [1, 2**64 - 1, 2**32 + 5][i % 3], 1 + i % 2
        layers = [int(h) for h in hidden.split(",")]
        model_options = {"hidden": layers, "keep": keep, "seed": seed}
        arguments += ["--hidden", hidden, "--keep", keep, "--seed", seed, "--epochs", epochs]
        options.update(seed=seed, epochs=epochs, decay=0.95)
        if i % 2:
            options.update(step=0.07 / (1 + i % 5), decay=0.9)
            arguments += ["--step", options["step"], "--step-decay", 0.9]
        compare_run("mlp", path, arguments, model_options, options, hows[i % 3])


def check_names():
    """Names that JSON must escape; a lock in another folder; an order beside the data."""
    os.makedirs(os.path.join(FOLDER, "locks/deep"), exist_ok=True)
    os.makedirs(os.path.join(FOLDER, "data"), exist_ok=True)
    for name in ("plain", 'r\u00e4te "1"\\\t\x01\x7f', "\u65e5\U0001f600"):
        put("data/" + name, "1 1 3\n1 2 4\n2 1 1\n")
        put("data/order " + name, "2\n0\n")
        run("train", "-q", "--model", "matrix-completion", "--epochs", 1, "--lock", "locks/deep/lock", "--order",
            "file:data/order " + name, "--format", "triplets", os.path.join(FOLDER, "data", name))
        path = os.path.join(FOLDER, "data", name)
        record = formats.Record(
            reference.new_model("matrix-completion", reference.read_ratings(path)), path,
            os.path.join(FOLDER, "locks/deep"), kind="file", listed=[2, 0], epochs=1, form="triplets",
            order_path=os.path.join(FOLDER, "data/order " + name))
        check(f"the lock of data with the name {name!r}", content("locks/deep/lock"), record.lock())
        check(f"verify of it", run("verify", "-q", "locks/deep/lock").returncode, 0)


# --- the examples of the pages --------------------------------------------------------------------
def check_examples():
    for page, parts in examples.make(FOLDER).items():
        with open(os.path.join(PAGES, page), encoding="utf-8") as file:
            text = file.read()
        for part in parts:
            check(f"{page}: the example {part[:60]!r}", part in text, True)
    for model, path, model_options, run_options in examples.CASES:
        compare_run(model, path, examples.options_of(model_options, run_options), model_options,
                    run_options, [])
    good = [text for text, why in examples.DECIMALS if why is not None]
    put("decimals", "1 " + " ".join(f"{i}:{text}" for i, text in enumerate(good)) + "\n")
    put("refused", "1 1:" + next(text for text, why in examples.DECIMALS if why is None) + "\n")
    done = json.loads(run("train", "--model", "svm", "--json", "-q", "decimals").stdout)
    decimals = reference.read_rows(os.path.join(FOLDER, "decimals"))
    check("decimals", done["data_hash"], formats.xxh128(formats.data_bytes(decimals)))
    check("a number beyond binary32", run("train", "--model", "svm", "refused", status=2).stdout, b"")


make_data()
check_generators()
check_images()
check_training()
check_cuts()
check_optimizers()
check_averages()
check_networks()
check_names()
check_examples()
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
