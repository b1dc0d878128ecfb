"""What machines do; the only Django code that may import the heavy half of ml."""
