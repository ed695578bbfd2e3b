"""The whole flow, once: speech -> words -> segments -> retrieval -> control -> diffusion -> motion.

The only module that knows every room. It composes and reports; it computes nothing itself. Entry points (`cli`,
`worker`, `batch`) build a `protocol.Request`, hold an `Engine` and call `generate`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch

from exges_core import output
from exges_core.arrays import Float
from exges_core.audio.features import audio_features
from exges_core.audio.waveform import Waveform, condition_of, read_waveform
from exges_core.control import compose, masks
from exges_core.diffusion import finish, longform
from exges_core.diffusion.model import LoadedDenoiser, load_denoiser
from exges_core.errors import InputError, message
from exges_core.metrics.contact import physical_report
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import HOME, clip_from_features
from exges_core.protocol import OnProgress, Progress, Request, Result, ignore_progress
from exges_core.retrieval.library import MotionBase
from exges_core.retrieval.model import LoadedRetrieval, load_retrieval
from exges_core.retrieval.search import SegmentMatches, search
from exges_core.speech.recognise import Recognition, recognise
from exges_core.speech.segments import Segment, segment
from exges_core.speech.words import read_transcript
from exges_core.timeline import MOTION_RATE_HZ
