print("tpsnet")
