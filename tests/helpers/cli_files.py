"""Looking at what a command wrote."""

import cv2


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def read(path):
    return cv2.imread(str(path))[..., ::-1]
