"""What looks for dangers in our code and lists what it is built from, with tools in an environment of their own."""
