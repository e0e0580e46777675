"""`civicloop check` on a real loop: it passes where all is well, and says so in the form that scripts rely on."""

from tests.loop.loop import Loop


async def test_a_sound_loop_passes(loop: Loop) -> None:
    report = await loop.check()
    assert report.passed, "\n".join(report.lines())
