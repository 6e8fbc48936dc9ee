# Each target installs the packages that are missing, then builds with CMake and ninja.

PHOTO ?=
OUT ?= out
SKIMAGE_PHOTO := /usr/lib/python3/dist-packages/skimage/data/astronaut.png
JOBS ?= $(shell nproc)

.PHONY: demo runtime video train test performance server-performance results study clean help

help:
	@echo "make demo [PHOTO=me.jpg]   install, build and label the faces of a photo"
	@echo "make test                  install, build and run all tests"
	@echo "make runtime               build build/bin/mien, without LibTorch"
	@echo "make video                 build build/bin/mien and build/bin/mien-video"
	@echo "make train                 build build/bin/mien and build/bin/mien-train"
	@echo "make performance           measure speed on this machine, write docs/performance.md"
	@echo "make server-performance    load mien serve on this machine, write docs/server-performance.md"
	@echo "make results DATA=folder   measure the shipped networks on your copy of the data, write docs/results.md"
	@echo "make study DATA=folder     train and measure the study's networks, write its tables into docs/results.md"
	@echo "make clean                 remove the build"

# All targets share build/: a demo does not rebuild what a test has built.
runtime:
	@scripts/setup.sh runtime
	@test -f build/build.ninja || cmake -G Ninja -S . -B build -DMIEN_RUNTIME=ON
	@cmake --build build -j $(JOBS) --target mien

demo:
	@scripts/setup.sh demo
	@test -f build/build.ninja || cmake -G Ninja -S . -B build -DMIEN_RUNTIME=ON > /dev/null
	@cmake --build build -j $(JOBS) --target mien
	@mkdir -p "$(OUT)"
	build/bin/mien predict --annotate "$(OUT)" $(if $(PHOTO),"$(PHOTO)",$(SKIMAGE_PHOTO))

video:
	@scripts/setup.sh video
	cmake -G Ninja -S . -B build -DMIEN_RUNTIME=ON -DMIEN_VIDEO=ON
	cmake --build build -j $(JOBS) --target mien mien-video

train:
	@scripts/setup.sh runtime
	@scripts/setup.sh train
	cmake -G Ninja -S . -B build -DMIEN_RUNTIME=ON -DMIEN_TRAIN=ON
	cmake --build build -j $(JOBS) --target mien mien-train

test:
	@scripts/setup.sh full
	cmake -G Ninja -S . -B build -DMIEN_RUNTIME=ON -DMIEN_TRAIN=ON -DMIEN_TESTS=ON -DMIEN_BENCH=ON
	cmake --build build -j $(JOBS)
	MIEN_PYTHON="$$(scripts/python_peers.sh "$(CURDIR)/build/python")" ctest --test-dir build --output-on-failure -j $(JOBS)

# ONLY: parts of docs/performance.md to measure again: network, layers, photos, many, start, detectors.
performance:
	@scripts/setup.sh full
	@scripts/setup.sh peers
	cmake -G Ninja -S . -B build -DMIEN_RUNTIME=ON -DMIEN_BENCH=ON
	cmake --build build -j $(JOBS)
	MIEN_PYTHON="$$(scripts/python_peers.sh "$(CURDIR)/build/python")" python3 bench/performance.py $(if $(ONLY),--only $(ONLY))

server-performance:
	@scripts/setup.sh full
	@scripts/setup.sh peers
	cmake -G Ninja -S . -B build -DMIEN_RUNTIME=ON -DMIEN_BENCH=ON
	cmake --build build -j $(JOBS) --target mien load batching http_peers
	python3 bench/serving.py

# DATA: a folder with fer2013.csv (or .xz), fer2013new.csv, CK+48/, jaffe/; ORIGINAL: a model of recipes/original.toml.
results: runtime
	python3 bench/results.py "$(DATA)" $(if $(ORIGINAL),"$(ORIGINAL)")

# STUDY: where the runs lie; what is finished there is not trained again. ONLY: names of recipes/study.toml, with commas, or none.
STUDY ?= out/study
study: train
	python3 bench/study.py "$(DATA)" "$(STUDY)" $(if $(ONLY),--only $(ONLY))

clean:
	rm -rf build
