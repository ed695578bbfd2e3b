from typing import NamedTuple

class Interval(NamedTuple):
    start: float
    end: float
    label: str

class Point(NamedTuple):
    time: float
    label: str
