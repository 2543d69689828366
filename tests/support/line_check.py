"""What the join page says of the line, as rows of its table."""

from __future__ import annotations

from tests.support.observe import Page, until

_DONE = "document.querySelector('.line-check')?.dataset.phase === 'done'"
_ROWS = """(() => Object.fromEntries([...document.querySelectorAll(".line-check dl > div")].map(
  (row) => [row.dataset.figure, row.querySelector("dd").textContent])))()"""


async def checked(page: Page) -> dict[str, str]:
    """The figures by name, once the page has measured; the sentence above them under ""."""

    async def done() -> bool:
        return bool(await page.evaluate(_DONE))

    await until(done, 30, what="the check of the line")
    figures: dict[str, str] = await page.evaluate(_ROWS)
    return figures | {"": await page.evaluate("document.querySelector('.check-words').textContent")}
