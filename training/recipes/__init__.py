"""Recipes: whole chains of trainings and measurements, each step one of the commands."""
