"""A person who has only a keyboard: goes from control to control, and sees where the focus is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.support.observe import Page, until

MOST_STEPS = 60  # of Tab, until a control counts as out of reach
OUTSIDE = "(outside)"  # on the browser's own controls, or on the page as a whole
# What has the focus: its name as a screen reader says it, and whether it can be seen. A select that a browser draws,
# and a field, may show the focus by its border.
FOCUS = """(() => {
  const node = document.activeElement;
  if (!node || node === document.body || !document.hasFocus()) return null;
  const style = getComputedStyle(node);
  const box = node.getBoundingClientRect();
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const transparent = /rgba\\(.*, 0\\)|transparent/.test(style.outlineColor);
  const onScreen = box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
  const label = node.labels?.[0]?.textContent ?? "";
  return {
    name: (node.getAttribute("aria-label") || label || node.textContent || "").trim(),
    tag: node.localName,
    role: node.getAttribute("role") ?? "",
    outlined: outlined && !transparent,
    onScreen: box.width > 0 && onScreen,
    inDialog: node.closest("dialog") !== null,
    inMenu: node.closest("[popover]") !== null,
    inPanel: node.closest("aside") !== null,
  };
})()"""


@dataclass(frozen=True, slots=True)
class Focus:
    """What has the focus."""

    name: str
    tag: str
    role: str
    outlined: bool
    onScreen: bool
    inDialog: bool
    inMenu: bool
    inPanel: bool


class Keyboard:
    """The keyboard of one page."""

    def __init__(self, page: Page, press: Callable[..., Awaitable[None]]) -> None:
        self.page = page
        self.press = press

    async def focus(self) -> Focus | None:
        """None: on the page as a whole."""
        found = await self.page.evaluate(FOCUS)
        return Focus(**found) if found else None

    async def focused(self, name: str, *, role: str | None = None) -> Focus:
        """Wait until the focus is on what is called so. Raises TimeoutError."""

        async def there() -> bool:
            focus = await self.focus()
            return focus is not None and name in focus.name and (role is None or focus.role == role)

        try:
            await until(there, what=name)
        except TimeoutError as error:
            raise TimeoutError(f"the focus is not on {name!r} but on {await self.focus()}") from error
        focus = await self.focus()
        assert focus is not None
        return focus

    async def go(self, name: str, *, back: bool = False) -> Focus:
        """Tab (or Shift+Tab) to the control whose name contains `name`; every step must be seen.

        The focus may leave the page once, to the browser's own controls.
        """
        passed: list[str] = []
        left = 0
        for _ in range(MOST_STEPS):
            focus = await self.focus()
            if focus is not None and passed:
                assert focus.onScreen, f"the focus is on {focus}, which is not on the screen"
                assert focus.outlined, f"the focus on {focus} is not seen"
            if focus is not None and name in focus.name and focus.tag not in ("ul", "div", "aside", "h1"):
                return focus
            left += focus is None and passed[-1:] != [OUTSIDE]
            assert left <= 1, f"the focus was lost twice on the way to {name!r}: {passed}"
            passed.append(focus.name if focus else OUTSIDE)
            await self.press(*(("Shift", "Tab") if back else ("Tab",)))
        raise AssertionError(f"no way to {name!r}: {passed}")

    async def do(self, name: str, key: str = "Enter", *, back: bool = False) -> None:
        """Go to a control and press it."""
        await self.go(name, back=back)
        await self.press(key)

    async def write(self, text: str) -> None:
        for letter in text:
            await self.press(letter)

    async def trapped(self, within: Callable[[Focus], bool]) -> None:
        """Tab goes around where it is, or out to the browser's own controls, but never to the page behind."""
        for _ in range(MOST_STEPS):
            await self.press("Tab")
            focus = await self.focus()
            if focus is None:
                break
            assert within(focus), f"out of the dialog to {focus}"
        for _ in range(MOST_STEPS):
            if (focus := await self.focus()) is not None:
                assert within(focus), f"back from the browser's controls to {focus}"
                return
            await self.press("Tab")
        raise AssertionError("no way back from the browser's controls")
