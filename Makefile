# Everything a developer types. Programs come from node_modules first: the machine's own Node may be too old for us.
export PATH := $(CURDIR)/node_modules/.bin:$(CURDIR)/build/bin:$(PATH)
SHELL := bash
.DEFAULT_GOAL := help
.NOTPARALLEL:

cluster := node test/cluster/main.ts
# CLUSTER=current: the kubeconfig's cluster and a pushed IMAGE, and nothing started here.
own_cluster := $(if $(filter current,$(CLUSTER)),,cluster-up load traefik)

.PHONY: help setup build image plugin load traefik generate fmt lint types verify test test-unit chart-test test-api conformance crash test-cluster backup-kills demo chaos chaos-report faults dashboard fuzz scale soak attack bench dev cluster-build cluster-up cluster-down cluster-status clean

help: ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  \033[1m%-15s\033[0m %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: node_modules/.installed ## install Node 24 and all packages, when the lock file has changed

# By the lock file, but not `npm ci`: that refuses a lock file which lacks the optional packages of platforms other than ours.
node_modules/.installed: package.json package-lock.json
	@for program in node npm; do command -v $$program >/dev/null || { echo "make: no $$program on the PATH: install Node.js 20 or newer with npm"; exit 1; }; done
	@npm install --no-save --no-audit --no-fund --loglevel=error && touch $@

build: setup ## compile into dist/
	@rm -rf dist && tsc --project tsconfig.build.json

image: setup ## build the image into build/image/ (buildah or docker)
	@$(cluster) image

plugin: setup ## build the kubectl plug-in and its krew manifest into build/plugin/ (URI=where its archive will be had)
	@node scripts/plugin.ts $(URI)

load: image ## put the image into every node of the cluster
	@$(cluster) load

generate: setup ## write the CRDs and their reference from the schemas
	@node crds/generate.ts

fmt: setup ## format everything
	@biome check --write .

lint: setup ## format and lint rules, with the import rules of each folder
	@biome ci .

types: setup ## type-check everything
	@tsc --noEmit --project .

verify: setup ## every static gate: format, lint, types, dead code, generated files, file sizes
	@node scripts/test.ts verify

test: setup ## every tier: verify, unit, conformance, chart, api, cluster; installs and builds what is missing
	@node scripts/test.ts

test-unit: setup ## unit, property and vector tests
	@node scripts/test.ts unit

chart-test: setup ## the Helm charts: rendered for named scenarios, linted, held against every schema
	@node scripts/test.ts chart

test-api: setup ## against a real API server
	@node scripts/test.ts api

conformance: setup ## the MCP conformance suite and other people's clients; writes docs/conformance.md
	@node test/conformance/main.ts

crash: setup ## the operator killed at every of its calls (make test: at some)
	@CRASH_POINTS=all node --test test/api/operator/crash.test.ts

test-cluster: setup ## against a real cluster of several nodes
	@node scripts/test.ts cluster

backup-kills: export BACKUP_KILLS ?= 100
backup-kills: setup $(own_cluster) ## scheduled backups while Job, operator and pods are killed at random; each archive has to open (BACKUP_KILLS=100)
	@node --test --test-name-pattern=CLU-42 test/cluster/tests/backup.test.ts

# Traefik is what the demo and the cluster tests reach a Vault through from outside.
traefik: setup
	@$(cluster) build traefik

demo: setup $(own_cluster) ## from nothing to a decrypted search (KEEP=1 leaves it running; CLUSTER=current IMAGE=… uses yours)
	@node test/demo/main.ts

chaos: setup cluster-up load ## what clients see when things fail (RUNS=4 a case, CASES=graceful,kill LANES=4 Vaults at once, APPEND=1, KEEP=1)
	@node test/chaos/main.ts

chaos-report: setup ## the last chaos report as docs/failover.svg and the table of docs/failover.md
	@node test/chaos/publish.ts

faults: setup cluster-up load ## the partition matrix of operator, primary, standby, API server; writes docs/faults.md (RUNS=1, ROWS=2,8, LANES=1, APPEND=1, KEEP=1)
	@node test/faults/main.ts

dashboard: setup ## what the last cluster test saw on the dashboard, drawn as docs/dashboard.svg
	@node test/monitoring/publish.ts

fuzz: setup ## changed inputs for every parser of untrusted bytes (SECONDS=60 in all, TARGET=query, SEED=1)
	@node test/fuzz/main.ts $(or $(SECONDS),60)

attack: setup ## attacks on the key at length, without and with protections (CALLS=10000 of the weakened one)
	@node test/attack/main.ts

bench: setup ## what the protections cost a call, measured beside the same call without (CALLS=400 of each)
	@node test/bench/main.ts

scale: setup ## many RuneVaults on one API server (VAULTS=500), half of them never answering: how soon the others are put right
	@node test/scale/main.ts

soak: setup ## half of a Vault's maximal rate with 1 % hostile calls (MINUTES=60): memory, failures, audit chain
	@node test/soak/main.ts $(or $(MINUTES),60)

dev: setup ## one Vault on this machine's loopback, with throw-away keys
	@node vault/main.ts dev

cluster-build: setup ## build Kubernetes, CoreDNS and Helm (once; kept in the cache folder)
	@$(cluster) build

cluster-up: setup ## start a cluster of NODES nodes (3), or find it running
	@$(cluster) up

cluster-down: setup ## take the cluster down and leave nothing of it
	@$(cluster) down

cluster-status: setup ## what runs, and whether it is well
	@$(cluster) status

clean: ## remove what was built in the checkout (the cluster and the cache folder stay)
	@rm -rf build dist
