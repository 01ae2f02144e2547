"""Quiet hours: when a flow may text, by the clock of the phone's own area (klaviyo.md section 4)."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import phonenumbers
import phonenumbers.timezone

OPENS = time(8)
CLOSES = time(21)
CLOSES_IN_FRANCE = time(22)
SUNDAY = 6
MOST_ZONES_OF_AN_AREA = 3

# Outside the US and Canada the country's eastern zone counts.
ZONES = {
    "GB": "Europe/London",
    "IE": "Europe/Dublin",
    "DE": "Europe/Berlin",
    "NL": "Europe/Amsterdam",
    "FR": "Europe/Paris",
    "BE": "Europe/Brussels",
    "AT": "Europe/Vienna",
    "ES": "Europe/Madrid",
    "CH": "Europe/Zurich",
    "DK": "Europe/Copenhagen",
    "SE": "Europe/Stockholm",
    "NO": "Europe/Oslo",
    "FI": "Europe/Helsinki",
    "IT": "Europe/Rome",
    "PT": "Europe/Lisbon",
    "AU": "Australia/Sydney",
    "NZ": "Pacific/Auckland",
}


def next_open(moment: datetime, phone: str, country: str) -> datetime:
    """Return the first moment from `moment` on at which the phone may be texted; holidays are not known."""
    local = moment.astimezone(_zone(phone, country))
    closes = CLOSES_IN_FRANCE if country == "FR" else CLOSES
    if local.time() >= closes:
        local = _opening(local + timedelta(days=1))
    elif local.time() < OPENS:
        local = _opening(local)
    if country == "FR" and local.weekday() == SUNDAY:
        local = _opening(local + timedelta(days=1))
    return local.astimezone(UTC)


def _opening(day: datetime) -> datetime:
    return day.replace(hour=OPENS.hour, minute=0, second=0, microsecond=0)


def _zone(phone: str, country: str) -> ZoneInfo:
    """Find the zone by US or Canadian area code, else by country."""
    if country in ZONES:
        return ZoneInfo(ZONES[country])
    zones = phonenumbers.timezone.time_zones_for_number(phonenumbers.parse(phone, None))
    known = len(zones) <= MOST_ZONES_OF_AN_AREA and "Etc/Unknown" not in zones
    return ZoneInfo(zones[0] if known else "America/New_York")
