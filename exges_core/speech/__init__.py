"""Words and when they are said: transcripts in (`words`), recognition and alignment (`recognise`), segments out.

The order of the flow: ``words`` (with ``subtitles`` and ``timed_files``) -> ``recognise`` (with ``alignment``,
``pronounce``, ``sphinx`` and ``whisper_speech``) -> ``segments``.
Motion and networks of our own may not enter.
"""
