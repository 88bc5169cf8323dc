"""The DMN Technology Compatibility Kit, as far as it is there."""

from __future__ import annotations

import sys

import pytest

from tests.conformance import tck

#: Java is refused on purpose: nothing in an uploaded file may run.
REFUSED = "0076-feel-external-java"


@pytest.mark.parametrize(
    ("level", "total_floor", "non_null_floor"),
    [("compliance-level-2", 100.0, 100.0), ("compliance-level-3", 99.0, 99.0)],
)
def test_the_share_of_the_kit_that_passes_does_not_fall(
    level: str, total_floor: float, non_null_floor: float, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tck.folder()
    if folder is None:
        pytest.skip("1 kit not run: no dmn_tck in $SIGNALBOX_DATA or beside the repository")

    results = [result for suite in tck.suites(folder / level) for result in tck.results(suite)]

    total = _share(results)
    non_null = _share([result for result in results if result.expected is not None])
    failed = [str(result) for result in results if not result.passed]
    with capsys.disabled():
        sys.stdout.write(
            f"\n{level}: {len(results)} results, {total:.2f} % pass, {non_null:.2f} % of non-null\n"
        )
    assert total >= total_floor, failed
    assert non_null >= non_null_floor, failed
    assert [told for told in failed if not told.startswith(REFUSED)] == []


def _share(results: list[tck.Result]) -> float:
    return 100 * sum(result.passed for result in results) / len(results)
