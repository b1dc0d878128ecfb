"""What people can do, free of HTTP; must import without Keras, TensorFlow or NumPy."""
