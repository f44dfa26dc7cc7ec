"""`data` blocks: what they become, and what is said of those that are wrong."""

import pytest

IMAGE = 'field image: f32[1, 8, 8] = column("image") -> Scale(1 / 16)'
LABEL = 'field label: class[10]    = column("target")'
SPLIT = "split = stratified(label, train=60 %, val=15 %, test=25 %)"
AUGMENT = "augment image -> RandomRotate(10 deg) -> RandomShift(10 %)"


def test_the_example_of_the_language(checked):
    found = checked().program.data["digits"]
    image, label = found.fields
    assert (str(image.type), str(image.read), image.columns) == (
        "f32[1, 8, 8]",
        "f32[1, 8, 8]",
        ("image",),
    )
    assert [t.transform.factor for t in image.transforms] == [1 / 16]
    assert (str(label.type), label.columns) == ("class[10]", ("target",))
    assert found.split.shares() == {"train": 0.6, "val": 0.15, "test": 0.25}
    (augment,) = found.augment
    assert augment.fields == ("image",)
    assert [a.kind() for a in augment.transforms] == ["RandomRotate", "RandomShift"]


def test_columns_of_a_table_stand_side_by_side(data):
    found = data(
        'data t { source = csv("t.csv", separator=";")\n'
        '  field two: f32[2] = columns("a", "b") -> Standardize\n'
        '  field one: f32[] = column("c"); field also: f32[1] = column("d")\n'
        '  field hot: f32[3] = column("e") -> OneHot\n'
        "  split = random(train=1) }"
    )
    two, one, also, hot = found.fields
    assert two.joined and str(two.read) == "f32[2]"
    assert str(one.read) == "f32[]" and str(also.read) == "f32[1]" and not one.joined
    assert str(hot.read) == "class[3]"


def test_features_by_name_and_a_target_of_numbers(data):
    found = data(
        'data d { source = sklearn("diabetes"); split = all\n'
        '  field x: f32[2] = columns("bmi", "bp"); field y: f32[1] = column("target") }'
    )
    assert [str(f.read) for f in found.fields] == ["f32[2]", "f32[1]"]


def test_arrays_have_the_declared_shape_before_what_is_done_to_them(data):
    found = data(
        'data d { source = npz("d.npz"); split = all\n'
        '  field x: f32[1, 32, 32] = column("x") -> Pad(2) -> Scale(1 / 255)\n'
        '  field y: f32[3, 16, 16] = column("y") -> Resize(16, 16) }'
    )
    padded, resized = found.fields
    assert [str(t.takes) for t in padded.transforms] == ["f32[1, 28, 28]", "f32[1, 32, 32]"]
    assert resized.read is None


def test_the_classes_of_a_folder_of_pictures_are_left_open(data):
    found = data(
        'data p { source = images("p/", labels=folder); split = random(train=80 %, val=20 %)\n'
        '  field image: f32[3, 32, 32] = column("image") -> Resize(32, 32)\n'
        '  field label: class = column("label") }'
    )
    assert found.unknown_classes == ("label",)


def test_fields_that_move_together(checked):
    result = checked(
        (IMAGE, IMAGE + '\n  field again: f32[1, 8, 8] = column("image")'),
        (AUGMENT, "augment (image, again) -> RandomFlip(vertical)"),
    )
    (augment,) = result.program.data["digits"].augment
    assert augment.fields == ("image", "again")


def test_where_sizes_are_unknown_they_are_made_equal_first(checked):
    bad = ('source = sklearn("digits")', 'source = npz("digits.npz")')
    result = checked(bad, ("Scale(1 / 16)", "Standardize(axis=(1, 2)) -> Resize(8, 8)"))
    (error,) = result.errors
    assert error.title == "before `Resize(8, 8)`, only the data tells the sizes"
    assert error.help == "put `Resize(8, 8)` first"
    assert checked(bad, ("Scale(1 / 16)", "Resize(8, 8) -> Scale(1 / 16)")).program


BAD = [
    # settings
    ('source = sklearn("digits")', "", "DLS401", "a `data` block needs `source`"),
    (SPLIT, "", "DLS401", "a `data` block needs `split`"),
    (SPLIT, "splt = all", "DLS400", "has no setting `splt`"),
    (SPLIT, f"{SPLIT}; split = all", "DLS402", "`split` is set twice"),
    (SPLIT, f"{SPLIT}\n  let k = 3", "DLS107", "`let` in a `data` block"),
    (SPLIT, f"{SPLIT}\n  input x: f32[3]", "DLS108", "has no place in a `data` block"),
    # sources
    ('sklearn("digits")', 'sklern("digits")', "DLS100", "there is no source `sklern`"),
    ('sklearn("digits")', 'sql("select")', "DLS107", "the source `sql` cannot be compiled"),
    ('sklearn("digits")', 'csv("../x.csv")', "DLS301", "below the folder of the spec"),
    ('sklearn("digits")', '"digits"', "DLS403", "`source` takes one of"),
    # columns
    ('column("image")', 'column("imge")', "DLS410", 'sklearn has no column "imge"'),
    ('column("image")', "column(image)", "DLS414", "in double quotes"),
    ('column("image")', 'column("image", "data")', "DLS414", "`column` takes one name"),
    ('column("image")', 'columns("image", "data")', "DLS414", "do not go side by side"),
    ('column("image")', "label[3]", "DLS100", "there is no field above this one `label`"),
    ('column("image")', "colum()", "DLS414", "begins with a column"),
    (IMAGE, "field image: f32[1, 8, 8]", "DLS414", "field `image` has no column"),
    # types
    ("f32[1, 8, 8] =", "f32[8, 8] =", "DLS411", "field `image` is declared as f32[8, 8]"),
    ("f32[1, 8, 8] =", "i32[1, 8, 8] =", "DLS411", "is declared as i32[1, 8, 8]"),
    ("f32[1, 8, 8] =", "float[1, 8, 8] =", "DLS413", "`float` is no type of a field"),
    ("f32[1, 8, 8] =", "f32 =", "DLS413", "has no shape"),
    ("f32[1, 8, 8] =", "f32[1, H, W] =", "DLS100", "there is no name `H`"),
    ("f32[1, 8, 8] =", "f32[1, 8, 0] =", "DLS413", "a whole number of at least 1"),
    ("f32[1, 8, 8] =", "f32[1, 8, T <= 8] =", "DLS107", "a dimension of any length"),
    ("class[10] ", "class[11] ", "DLS411", "field `label` is declared as class[11]"),
    ("class[10] ", "class[1] ", "DLS413", "one of at least 2"),
    ("class[10] ", "f32[] ", "DLS411", "field `label` is declared as f32[]"),
    (LABEL, f"{LABEL}\n  {LABEL}", "DLS101", "field `label` is defined twice"),
    # transforms
    ("Scale(1 / 16)", "Scal(1 / 16)", "DLS100", "there is no transform `Scal`"),
    ("Scale(1 / 16)", "CenterCrop(4)", "DLS107", "the transform `CenterCrop`"),
    ("Scale(1 / 16)", "RandomFlip", "DLS108", "the augmentation `RandomFlip` has no place"),
    ("Scale(1 / 16)", "Scale(factor=none)", "DLS301", "`factor`: must be a number"),
    ("Scale(1 / 16)", "Scale", "DLS104", "Scale needs `factor`"),
    ("Scale(1 / 16)", "Scale(1, 2)", "DLS105", "Scale takes 1 argument without a name"),
    ("Scale(1 / 16)", "Scale(1) * 2", "DLS108", "a repeat has no place"),
    ("Scale(1 / 16)", "Standardize", "DLS412", "over which axes"),
    ("Scale(1 / 16)", "Scale(1 / 0)", "DLS302", ""),
    # splits
    ("stratified(label,", "stratified(labl,", "DLS100", "there is no field `labl`"),
    ("stratified(label,", "stratified(image,", "DLS415", "goes by a class"),
    ("stratified(label,", "stratified(3,", "DLS403", "takes the name of a field"),
    ("test=25 %", "test=24 %", "DLS301", "the shares make up 99 %"),
    ("test=25 %", "test=25 deg", "DLS301", "takes a share"),
    # augmentation
    ("augment image ->", "augment imge ->", "DLS100", "there is no field `imge`"),
    ("augment image ->", "augment label ->", "DLS412", "is for pictures"),
    (AUGMENT, "augment image", "DLS412", "an augmentation is missing"),
    (AUGMENT, "augment image -> Scale(2)", "DLS108", "the transform `Scale` has no place"),
    ("RandomRotate(10 deg)", "RandomRotate(10)", "DLS301", "takes an angle in degrees"),
]


@pytest.mark.parametrize(("old", "new", "code", "says"), BAD)
def test_an_error_is_found_and_is_the_only_one(checked, old, new, code, says):
    result = checked((old, new))
    assert result.errors, "no error"
    first = next(d for d in result.errors if d.code == code)
    assert says in first.title
    others = {d.code for d in result.errors if d is not first}
    # what a field or a shift to a picture would say again, and nothing unrelated
    assert others <= {code}


def test_a_shape_error_shows_every_step(one_error):
    error = one_error(("f32[1, 8, 8] =", "f32[8, 8] ="))
    assert error.span.text == "f32[8, 8]"
    (label,) = error.related
    assert label.span.text == 'column("image") -> Scale(1 / 16)' and "f32[1, 8, 8]" in label.text
    assert list(error.notes) == ['column("image"): f32[1, 8, 8]', "Scale(1 / 16): f32[1, 8, 8]"]
    assert "declare it as `f32[1, 8, 8]`" in error.help


def test_suggestions_are_edits(one_error):
    error = one_error(("Scale(1 / 16)", "Scal(1 / 16)"))
    assert (error.fix.span.text, error.fix.text) == ("Scal", "Scale")


def test_independent_errors_are_found_together(checked):
    result = checked(
        ('column("image")', 'column("imge")'),
        ('column("target")', 'column("targt")'),
        ("test=25 %", "test=25 deg"),
        ("RandomRotate(10 deg)", "RandomRotate(10)"),
    )
    assert [d.code for d in result.errors][:2] == ["DLS410", "DLS410"]
    assert len(result.errors) >= 3
