"""Someone at home with a browser: joins late, speaks sometimes, shows slides at times."""

from __future__ import annotations

from loadtests.faces import SCREENS
from loadtests.scenario import LATE_SECONDS
from loadtests.users.person import Person

SPEAKS, SHARES = 0.2, 0.08  # of the times that it could
SHARE_SECONDS = (10.0, 25.0)


class RemoteExpert(Person):
    """An expert from outside."""

    weight = 3
    late = (5.0, LATE_SECONDS)

    def take_part(self) -> None:
        drawn = self.chance.random()
        if drawn < SHARES:
            self.share()
        elif drawn < SHARES + SPEAKS:
            self.speak()

    def share(self) -> bool:
        """Show content for a while, unless somebody else does; who has a low number has a screen to show."""
        meeting, who = self.meeting, self.who
        if who >= SCREENS or not meeting.begin_to_share(who):
            return False
        if self.act(shares=True):
            self.run_.sleep(self.chance.uniform(*SHARE_SECONDS))
            if self.is_staying:
                self.act(shares=False)
        meeting.stop_sharing(who)
        return True
