print("blackbox")
