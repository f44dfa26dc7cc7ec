"""Reading tables, arrays, labels and pictures: the values, and what is said of bad files."""

import numpy as np
import pytest
from PIL import Image

from dlspec.programs.verbatim import arrays, labels, pictures, tables
from dlspec.programs.verbatim.rows import DataError

TABLE = 'age,name,income\n31,Ada,1.5e3\n45,"Bob, the elder",-2\n'


def write(tmp_path, text, name="t.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_table(tmp_path):
    rows = tables.read_csv(write(tmp_path, TABLE), ("income", "age"), ("name",))
    assert rows["income"].tolist() == [1500, -2]
    assert rows["age"].dtype == np.float64
    assert rows["name"].tolist() == ["Ada", "Bob, the elder"]


@pytest.mark.parametrize(
    "text",
    [
        TABLE.replace("\n", "\r\n"),
        "\ufeff" + TABLE,
        TABLE + "\n\n",
        TABLE.rstrip(),
        TABLE.replace(",", ", ")
        .replace('", ', '",')
        .replace(', "', ',"')
        .replace("Bob,  the", "Bob, the"),
    ],
    ids=["CRLF", "BOM", "blank lines", "no last line end", "spaces"],
)
def test_a_table_as_other_programs_write_it(tmp_path, text):
    rows = tables.read_csv(write(tmp_path, text), ("age", "income"), ("name",))
    assert rows["income"].tolist() == [1500, -2]
    assert rows["name"].tolist() == ["Ada", "Bob, the elder"]


def test_another_separator(tmp_path):
    path = write(tmp_path, "a;b\n1;2\n")
    assert tables.read_csv(path, ("b",), (), ";")["b"].tolist() == [2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("age,income\n1,2\n", r"t\.csv has no column 'name'; it has: age, income"),
        ("", "t.csv has no column 'age'; it has: nothing"),
        (",".join(f"c{i}" for i in range(300)) + "\n", "it has: c0, .*, c19 and 280 more$"),
        ("age,name,income\n", "t.csv has no rows"),
        ("age,name,income\n1,a,2\n1,a\n", "line 3: 2 cells under a header of 3"),
        ("age,name,income\n1,a,2\n1,a,2,3\n", "line 3: 4 cells"),
        ("age,name,income\n1,a,x\n", "line 2, column 'income': 'x' is not a number"),
        ("age,name,income\n1,a,1\n1,a,nan\n", "line 3, column 'income': 'nan' is not a number"),
        ("age,name,income\n1,a,inf\n", "line 2, column 'income': 'inf' is not a number"),
        ("age,name,income\n1,a,\n", "line 2, column 'income': no value"),
        ("age,name,income\n1, ,2\n", "line 2, column 'name': no value"),
        ("age,age,name,income\n1,1,a,2\n", "has 2 columns 'age'"),
        ('age,name,income\n1,"a,2\n', "line 2: "),
        (b"age,name,income\n1,\xff\xfe,2\n", "is not UTF-8 text"),
        (b"age,name,income\n1,a\x00,2\n", "t.csv"),
    ],
)
def test_what_is_wrong_with_a_table(tmp_path, text, said):
    path = write(tmp_path, text)
    if text == b"age,name,income\n1,a\x00,2\n":
        tables.read_csv(path, ("age", "income"), ("name",))  # allowed since Python 3.11
        return
    with pytest.raises(DataError, match=said):
        tables.read_csv(path, ("age", "income"), ("name",))


@pytest.mark.parametrize(
    "read", [lambda p: tables.read_csv(p, (), ("a",)), lambda p: arrays.read_npz(p, ("a",))]
)
def test_files_that_are_not_there(tmp_path, read):
    with pytest.raises(DataError, match=r"nothing.* cannot be read: No such file"):
        read(tmp_path / "nothing")
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        read(tmp_path)


def test_arrays(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.ones((3, 2)), y=np.arange(3), other=np.ones(7))
    rows = arrays.read_npz(tmp_path / "a.npz", ("x", "y"))
    assert (rows["x"].shape, rows["y"].tolist()) == ((3, 2), [0, 1, 2])


def test_what_is_wrong_with_arrays(tmp_path):
    path = tmp_path / "a.npz"
    words = np.array(["a"], object)
    np.savez(path, x=np.ones((3, 2)), y=np.arange(4), z=words, s=np.array(1.0), e=np.ones((0, 2)))
    for names, said in (
        (("x", "w"), "has no array 'w'; it has: x, y, z, s, e"),
        (("x", "y"), "the same number of rows: {'x': 3, 'y': 4}"),
        (("z",), "of numbers or words"),
        (("s",), "one value 's', not an array of rows"),
        (("e",), "a.npz has no rows"),
    ):
        with pytest.raises(DataError, match=said):
            arrays.read_npz(path, names)
    content = path.read_bytes()
    for bad in (b"", b"PK\x03\x04", content[:100], content[:-30], b"x,y\n1,2\n"):
        path.write_bytes(bad)
        with pytest.raises(DataError, match="of numbers or words"):
            arrays.read_npz(path, ("x",))


def test_an_npy_file_is_not_taken_for_an_npz(tmp_path):
    with (tmp_path / "a.npz").open("wb") as file:
        np.save(file, np.ones(3))
    with pytest.raises(DataError, match="of numbers or words"):
        arrays.read_npz(tmp_path / "a.npz", ("x",))


def test_values_are_finite_and_have_their_shape():
    good = np.ones((4, 2))
    assert arrays.checked(good, "x", (2,)) is good
    bad = good.copy()
    bad[2, 1] = np.nan
    with pytest.raises(DataError, match=r"x, row 3, place \[1\]: nan is not a number"):
        arrays.checked(bad, "x", (2,))
    with pytest.raises(DataError, match=r"shape \[2\], the spec says \[3\]"):
        arrays.checked(good, "x", (3,))
    with pytest.raises(DataError, match="where numbers are needed"):
        arrays.checked(np.array(["a", "b"]), "x", ())


def test_labels_that_are_words():
    column = np.array(["dog", "cat", "dog"])
    assert labels.class_names(column) == ["cat", "dog"]
    assert labels.class_index(column, ["cat", "dog"], "kind").tolist() == [1, 0, 1]
    with pytest.raises(DataError, match="kind, row 2: no class 'cat' among dog, emu"):
        labels.class_index(column, ["dog", "emu"], "kind")


def test_labels_that_are_numbers_are_in_the_order_of_numbers():
    assert labels.class_names(np.array(["10", "9", "-1"])) == ["-1", "9", "10"]
    assert labels.class_names(np.array([10, 9, 9])) == ["9", "10"]


def test_numbers_count_from_0_where_the_spec_says_how_many_there_are():
    names = labels.class_names(np.array(["2", "1"]), 3, "kind")
    assert labels.class_index(np.array(["2", "1"]), names, "kind").tolist() == [2, 1]
    with pytest.raises(DataError, match="kind, row 1: no class '3' among 0, 1, 2"):
        labels.class_index(np.array(["3", "1"]), names, "kind")
    with pytest.raises(DataError, match=r"kind has 4 classes, not 2: a, b, c, \.\.\."):
        labels.class_names(np.array(list("abcd")), 2, "kind")


@pytest.mark.parametrize("bad", [3, -1, 1.5])
def test_a_label_outside_its_classes(bad):
    with pytest.raises(DataError, match=r"label, row 2: .* is not a class of 0 to 2"):
        labels.class_number(np.array([0, bad, 1]), 3, "label")
    assert labels.class_number(np.array([0.0, 2.0]), 3, "label").dtype == np.int64


def picture(tmp_path, name, mode="RGB", size=(3, 2)):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 4), np.uint8)
    Image.fromarray(values[..., :3]).convert(mode).save(path)
    return path


def test_a_picture_is_channels_first_from_0_to_1(tmp_path):
    path = picture(tmp_path, "a.png")
    values = pictures.read_picture(path, 3)
    assert values.shape == (3, 2, 3)
    assert values.dtype == np.float32
    expected = np.asarray(Image.open(path)).transpose(2, 0, 1) / 255
    assert np.allclose(values, expected)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "1", "CMYK"])
def test_pictures_of_every_kind_become_rgb_or_grey(tmp_path, mode):
    path = picture(tmp_path, "a.tiff" if mode == "CMYK" else "a.png", mode)
    assert pictures.read_picture(path, 3).shape == (3, 2, 3)
    assert pictures.read_picture(path, 1).shape == (1, 2, 3)


def test_folders_are_read_in_order_and_other_files_are_not(tmp_path):
    for name in ("b/2.png", "b/10.PNG", "a/x.jpg", "b/notes.txt"):
        if name.endswith("txt"):
            (tmp_path / name).write_text("hello")
        else:
            picture(tmp_path, name)
    found = pictures.pictures_below(tmp_path)
    assert [p.relative_to(tmp_path).as_posix() for p in found] == ["a/x.jpg", "b/10.PNG", "b/2.png"]


def test_what_is_wrong_with_pictures(tmp_path):
    with pytest.raises(DataError, match="is not a folder"):
        pictures.pictures_below(tmp_path / "none")
    with pytest.raises(DataError, match="holds no pictures"):
        pictures.pictures_below(tmp_path)
    path = picture(tmp_path, "a.png", size=(40, 30))
    content = path.read_bytes()
    for bad in (b"", b"not a picture", content[: len(content) // 2]):
        path.write_bytes(bad)
        with pytest.raises(DataError, match=r"a\.png is not a readable picture"):
            pictures.read_picture(path, 3)
