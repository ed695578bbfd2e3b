"""The report behind `training.evaluate`: test material, systems, tables, the page. Only measuring; nothing learns."""
