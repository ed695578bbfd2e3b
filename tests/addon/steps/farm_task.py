"""What `blender -b -c exges ...` does, in a process of its own: farm_task.py ARGUMENT..."""

import os
import sys

import bpy  # isort: skip

from blender_addon import commands, registration

bpy.ops.wm.read_factory_settings(use_empty=True)
registration.register()
code = commands.run(sys.argv[1:])
sys.stdout.flush()
sys.stderr.flush()
os._exit(code)
