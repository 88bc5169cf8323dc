"""What people write becomes safe HTML with the few marks that they use."""

from __future__ import annotations

import pytest

from web.markup import prose


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("plain", "<p>plain</p>"),
        ("two\nlines", "<p>two<br>lines</p>"),
        ("one\r\n\r\ntwo", "<p>one</p>\n<p>two</p>"),
        ("**bold** and `code`", "<p><strong>bold</strong> and <code>code</code></p>"),
        ("# Heading", "<h3>Heading</h3>"),
        ("- one\n* two", "<ul><li>one</li><li>two</li></ul>"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("**<b>**", "<p><strong>&lt;b&gt;</strong></p>"),
        ('`" onload="x`', "<p><code>&#34; onload=&#34;x</code></p>"),
    ],
)
def test_a_text_is_shown_as_it_was_meant_and_never_as_code(text: str, shown: str) -> None:
    assert str(prose(text)) == shown
