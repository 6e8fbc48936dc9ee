import dataclasses
import json
import os
import pickle
import subprocess
import sys
import threading
import types
from collections.abc import Callable
from pathlib import Path

import mien
import numpy
import pytest


def test_reads_a_photo(analyzer: mien.Analyzer, photo: Path) -> None:
    analysis = analyzer.analyze_file(photo)
    assert (analysis.width, analysis.height) == (512, 512)
    (face,) = analysis.faces
    assert face.emotion == "happy"
    assert face.display_label == f"happy {100 * face.confidence:.0f} %"
    assert face.confidence == face.probabilities["happy"] == max(face.probabilities.values())
    assert list(face.probabilities) == analyzer.labels
    assert sum(face.probabilities.values()) == pytest.approx(1)
    assert (face.box.x + face.box.width / 2, face.box.y + face.box.height / 2) == pytest.approx((222, 122), abs=20)
    assert not face.uncertain
    for value in (analysis, face, face.box):
        assert dataclasses.is_dataclass(value)
    assert pickle.loads(pickle.dumps(analysis)) == analysis


def test_agrees_with_the_program(analyzer: mien.Analyzer, photo: Path) -> None:
    program = os.environ.get("MIEN_PROGRAM", "")
    if not os.path.exists(program):
        pytest.skip("MIEN_PROGRAM names no program")
    output = subprocess.run([program, "predict", "--format", "json", photo], capture_output=True, check=True).stdout
    (theirs,) = json.loads(output)[0]["faces"]
    (ours,) = analyzer.analyze_file(photo).faces
    assert ours.emotion == theirs["emotion"]
    assert ours.probabilities == pytest.approx(theirs["probabilities"], abs=1e-5)
    assert dataclasses.asdict(ours.box) == pytest.approx(theirs["box"], abs=0.051)


def test_bytes_and_arrays_are_photos_too(analyzer: mien.Analyzer, photo: Path) -> None:
    expected = analyzer.analyze_file(photo)
    assert analyzer.analyze_encoded(photo.read_bytes(), "a.png") == expected
    image = mien.read_image(photo)
    assert image.shape == (512, 512, 3)
    assert image.dtype == numpy.dtype(numpy.uint8)
    # However the same pixels lie in memory.
    bgr = numpy.ascontiguousarray(image[..., ::-1])
    padded = numpy.zeros((512, 600, 3), numpy.uint8)
    padded[:, :512] = image
    read_only = image.copy()
    read_only.flags.writeable = False
    for view in (image, bgr[..., ::-1], padded[:, :512], numpy.asfortranarray(image), image[::-1].copy()[::-1], read_only):
        assert analyzer.analyze(view) == expected.faces
    gray = image[..., 1]
    assert analyzer.analyze(gray) == analyzer.analyze(gray.copy())
    assert analyzer.analyze(gray)[0].emotion == "happy"
    assert analyzer.analyze(numpy.zeros((200, 300), numpy.uint8)) == []


def test_reads_a_crop(analyzer: mien.Analyzer, photo: Path) -> None:
    box = analyzer.analyze_file(photo).faces[0].box
    x, y, size = int(box.x), int(box.y), int(box.width)
    face = analyzer.classify(mien.read_image(photo)[y : y + size, x : x + size])
    assert face.emotion == "happy"
    assert face.box == mien.Box(0, 0, size, size)


def test_options(photo: Path) -> None:
    strict = mien.Analyzer("reference", detector="hog", min_face=60, threads=1, precision="f32", min_confidence=1.0)
    assert strict.detector_name == "hog"
    assert strict.model_path == Path(mien.__file__).parent / "models" / "reference.onnx"
    (face,) = strict.analyze_file(photo).faces
    assert face.uncertain and face.emotion == "happy" and face.display_label.startswith("unclear: happy ")
    with pytest.warns(DeprecationWarning):
        assert face.answer == "uncertain"
    with pytest.warns(DeprecationWarning):
        assert face.detection_score == face.score
    assert strict.provenance.model == "reference" and strict.provenance.precision == "f32"
    assert strict.provenance.version == mien.__version__ and len(strict.provenance.model_hash) == 16


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (numpy.zeros((48, 48), numpy.int32), "uint8"),
        (numpy.full((48, 48), 2.0), "between 0 and 1"),
        (numpy.zeros((3, 48, 48), numpy.uint8), r"\(3, 48, 48\)"),
        (numpy.zeros((48, 48, 4), numpy.uint8), r"\(48, 48, 4\)"),
        (numpy.zeros(48, numpy.uint8), r"\(48\)"),
        (numpy.zeros((0, 48, 3), numpy.uint8), "no pixels"),
        ([[1, 2], [3, 4]], "list"),
        (None, "NoneType"),
        (5, "int"),
    ],
)
def test_what_is_no_image(analyzer: mien.Analyzer, image: object, message: str) -> None:
    for method in (analyzer.analyze, analyzer.classify):
        with pytest.raises((TypeError, ValueError, mien.Error), match=message) as caught:
            method(image)
        assert "\n" not in str(caught.value)


def test_other_kinds_of_images(analyzer: mien.Analyzer, photo: Path) -> None:
    expected = analyzer.analyze_file(photo).faces
    pixels = mien.read_image(photo)
    pillow = types.SimpleNamespace(mode="RGBA", convert=lambda mode: pixels if mode == "RGB" else None)  # no Pillow needed
    for image in (photo, str(photo), photo.read_bytes(), bytearray(photo.read_bytes()), pixels / 255, pillow):
        assert analyzer.analyze(image) == expected
    for call in (lambda: analyzer.analyze_file(5), lambda: mien.read_image(None), lambda: analyzer.analyze_encoded("text")):  # type: ignore[arg-type]
        with pytest.raises(TypeError) as caught:
            call()
        assert "\n" not in str(caught.value)


def test_baseline(analyzer: mien.Analyzer, photo: Path, tmp_path: Path) -> None:
    (face,) = analyzer.analyze(photo)
    baseline = mien.Baseline(analyzer.labels)
    assert baseline.apply(face) == face
    baseline.add(face)
    flat = baseline.apply(face)
    assert flat.box == face.box and flat.uncertain
    assert list(flat.probabilities.values()) == pytest.approx([1 / len(analyzer.labels)] * len(analyzer.labels))
    assert not baseline.apply(face, min_confidence=0.1).uncertain
    baseline.save(tmp_path / "baseline.json")
    read = mien.Baseline.load(tmp_path / "baseline.json")
    assert (read.weight, read.labels) == (1, analyzer.labels)
    assert read.apply(face, 0.5).probabilities == pytest.approx(baseline.apply(face, 0.5).probabilities)
    with pytest.raises(TypeError, match="mien.Face, not int"):
        baseline.add(5)  # type: ignore[arg-type]
    with pytest.raises(mien.Error, match="weight"):
        baseline.add(face, -1)


def test_errors(analyzer: mien.Analyzer, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("It was a dark and stormy night.\n")
    cases: list[tuple[Callable[[], object], str, str]] = [
        (lambda: analyzer.analyze_file(tmp_path / "missing.jpg"), "not_found", "missing.jpg: cannot open: No such file or directory"),
        (lambda: analyzer.analyze_file(tmp_path / "notes.txt"), "bad_format", "notes.txt: "),
        (lambda: analyzer.analyze_file(os.fsdecode(b"/missing-\xff.jpg")), "not_found", "/missing-\udcff.jpg: cannot open"),
        (lambda: analyzer.analyze_encoded(b"", "upload"), "bad_format", "upload: "),
        (lambda: analyzer.analyze_encoded(b"", os.fsdecode(b"\xff.jpg")), "bad_format", "\udcff.jpg: "),
        (lambda: mien.read_image(tmp_path / "missing.jpg"), "not_found", "missing.jpg"),
        (lambda: mien.Analyzer("missing"), "not_found", "missing: model not found"),
        (lambda: mien.Analyzer(min_confidence=60), "invalid_argument", "min_confidence"),
        (lambda: mien.Analyzer("reference", head="nose"), "invalid_argument", "nose"),
        (lambda: mien.Analyzer(precision="f64"), "invalid_argument", "f64"),
    ]
    for call, code, text in cases:
        with pytest.raises(mien.Error) as caught:
            call()
        assert caught.value.code == code
        assert text in str(caught.value)
        again = pickle.loads(pickle.dumps(caught.value))
        assert (again.code, str(again)) == (code, str(caught.value))
    with pytest.raises(TypeError):
        mien.Analyzer("reference", "hog")  # type: ignore[call-arg]


def test_other_threads_go_on_meanwhile(analyzer: mien.Analyzer) -> None:
    """A thread keeps Python's lock until it gives it up by itself: so this one only runs on while the other is at work
    if the library's call gives it up."""
    noise = numpy.random.default_rng(1).integers(0, 255, (3000, 4000), dtype=numpy.uint8)
    began, events = threading.Event(), []

    def work() -> None:
        began.set()
        analyzer.analyze(noise)
        events.append("analyzed")

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    try:
        thread = threading.Thread(target=work)
        thread.start()
        began.wait()
        events.append("went on")
        thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert events == ["went on", "analyzed"]


def test_many_threads_get_the_same(analyzer: mien.Analyzer, photo: Path) -> None:
    expected, answers = analyzer.analyze_file(photo), []
    threads = [threading.Thread(target=lambda: answers.append(analyzer.analyze_file(photo))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [expected] * 8


def test_arrays_outlive_what_made_them(photo: Path) -> None:
    images = [mien.read_image(photo) for _ in range(20)]
    first = images[0].copy()
    del images[0]
    assert all((image == first).all() for image in images)
    images[0][:] = 0  # and are one's own
    assert images[1].any()
