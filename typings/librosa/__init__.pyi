"""What we call of librosa; its own annotations leave arrays without their kind."""

from librosa import onset as onset
