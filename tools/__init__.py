"""What we use to show and make ExGes and ship to nobody."""
