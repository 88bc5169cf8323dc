"""Built browser assets: found by manifest, missing without harm."""

from __future__ import annotations

import json
from pathlib import Path

from web import bundle
from web.bundle import Island


def test_an_island_brings_its_own_styles_and_those_of_what_it_imports(tmp_path: Path) -> None:
    (tmp_path / "signalbox.css").write_text("body {}")
    (tmp_path / "dist").mkdir()
    manifest = {
        "src/viewer.js": {
            "name": "viewer",
            "file": "assets/viewer-1.js",
            "isEntry": True,
            "imports": ["_shared.js"],
            "css": ["assets/viewer-1.css"],
        },
        "_shared.js": {"name": "shared", "file": "assets/s.js", "css": ["assets/s.css"]},
    }
    (tmp_path / "dist" / "manifest.json").write_text(json.dumps(manifest))

    found = bundle.load(tmp_path)

    assert found.islands == {
        "viewer": Island(
            "/static/dist/assets/viewer-1.js",
            ("/static/dist/assets/s.css", "/static/dist/assets/viewer-1.css"),
        )
    }


def test_without_a_build_there_are_no_islands(tmp_path: Path) -> None:
    (tmp_path / "signalbox.css").write_text("body {}")

    assert bundle.load(tmp_path).island("viewer") is None


def test_the_style_sheet_has_a_new_address_when_it_changes(tmp_path: Path) -> None:
    (tmp_path / "signalbox.css").write_text("body {}")
    before = bundle.load(tmp_path).stylesheet
    (tmp_path / "signalbox.css").write_text("body { margin: 0 }")

    assert bundle.load(tmp_path).stylesheet != before
