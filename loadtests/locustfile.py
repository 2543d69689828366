"""What locust is started with: `locust -f loadtests/locustfile.py`. `python -m loadtests --help` shows all its flags.

Locust prints its own help before it reads this file.
"""

from __future__ import annotations

import sys
from pathlib import Path

from locust import events

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # wherever locust is started

from loadtests import interrupting, preflight, reporting, wiring
from loadtests.users.bad_leg import BadLeg
from loadtests.users.chair import Chair
from loadtests.users.conference_room import ConferenceRoom
from loadtests.users.district_head import DistrictHead
from loadtests.users.far_receiver import FarReceiver
from loadtests.users.one_too_many import OneTooMany
from loadtests.users.publisher import Publisher
from loadtests.users.remote_expert import RemoteExpert
from loadtests.users.viewer import Viewer

__all__ = [
    "BadLeg",
    "Chair",
    "ConferenceRoom",
    "DistrictHead",
    "FarReceiver",
    "OneTooMany",
    "Publisher",
    "RemoteExpert",
    "Viewer",
]

events.init.add_listener(interrupting.begin)
events.init.add_listener(preflight.attach)
wiring.attach(events)
reporting.attach(events)
events.init.add_listener(interrupting.attach)
