"""Two real beats, two real workers: each task begins as often as with one beat, and goes on when one beat is killed."""

from dataclasses import replace

import pytest

from predictions.models import EVERY, ScheduledTask
from predictions.worker.schedule.runs import EARLY
from tests.site import open_site

pytestmark = [pytest.mark.worker, pytest.mark.long, pytest.mark.timeout(400)]  # beats send every 30 s, at the earliest
NOTE = """
    CREATE TABLE begun (name text, at timestamptz DEFAULT clock_timestamp());
    CREATE FUNCTION note_begun() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO begun (name) VALUES (NEW.name);
        RETURN NULL;
    END $$;
    CREATE TRIGGER noted AFTER INSERT OR UPDATE ON predictions_scheduledrun
        FOR EACH ROW WHEN (NEW.claim IS NOT NULL) EXECUTE FUNCTION note_begun();
"""
PAUSES = """
    SELECT name, extract(epoch FROM at - lag(at) OVER (PARTITION BY name ORDER BY at))::float FROM begun
"""


def add_beat(site):
    """Start a second beat, with a schedule of its own."""
    [beat] = [service for service in site.services if service.name == "beat"]
    command = [f"{part}-2" if "beat-schedule" in part else part for part in beat.command]
    site.services.append(replace(beat, name="beat-2", command=command))


def test_two_beats_begin_each_task_once_at_a_time_and_one_is_enough():
    with open_site(workers=2, change=add_beat) as site:
        site.execute(NOTE)
        site.wait_until(lambda: len(site.query("SELECT DISTINCT name FROM begun")) == len(ScheduledTask), 100)
        site.wait_until(lambda: site.query("SELECT count(*) FROM begun WHERE name = 'unfinished'")[0][0] >= 3, 150)
        pauses = [(name, pause) for name, pause in site.query(PAUSES) if pause is not None]
        assert len(pauses) >= 2
        assert [(name, pause) for name, pause in pauses if pause < EARLY * EVERY[ScheduledTask(name)].seconds] == []
        assert site.query("SELECT name, error FROM predictions_scheduledrun WHERE error <> ''") == []
        site.service("beat").restarts = False
        site.kill("beat")
        before = site.query("SELECT count(*) FROM begun WHERE name = 'unfinished'")[0][0]
        more = "SELECT count(*) FROM begun WHERE name = 'unfinished'"
        site.wait_until(lambda: site.query(more)[0][0] > before, 100)
