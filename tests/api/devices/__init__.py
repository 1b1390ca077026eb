"""Sites with devices: asked, staged, looked after."""
