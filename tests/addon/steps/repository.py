"""A remote repository that lies in a folder: add it, synchronise, install from it, and see what came."""

import json
import os
import sys
from importlib.metadata import distributions
from pathlib import Path

import bpy

report, url = Path(sys.argv[1]), sys.argv[2]
found: dict[str, object] = {"python": list(sys.version_info[:2])}

bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.context.preferences.system.use_online_access = True  # asked for whatever the repository's address is
bpy.ops.preferences.extension_repo_add(name="ExGes", remote_url=url, type="REMOTE")
repositories = bpy.context.preferences.extensions.repos
index = next(place for place, each in enumerate(repositories) if each.remote_url == url)
found["synchronised"] = list(bpy.ops.extensions.repo_sync(repo_index=index))
found["installed"] = list(bpy.ops.extensions.package_install(repo_index=index, pkg_id="exges", enable_on_install=True))
repository = repositories[index]
module = f"bl_ext.{repository.module}.exges"
found["enabled"] = module in bpy.context.preferences.addons
folder = Path(repository.directory) / "exges"
found["files"] = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
home = Path(os.environ["BLENDER_USER_RESOURCES"]).resolve()
found["packages"] = {
    each.metadata["Name"]: each.read_text("WHEEL")
    for each in distributions()
    if home in Path(str(each.locate_file(""))).resolve().parents
}
report.write_text(json.dumps(found), encoding="utf-8")
sys.stdout.flush()
os._exit(0)
