package ci_test

import (
	"slices"
	"testing"

	"github.com/haddock-ci/pipeline/internal/ci"
)

func TestDetectReadsTheBuild(t *testing.T) {
	for name, tc := range map[string]struct {
		env  map[string]string
		want ci.Build
	}{
		"home": {map[string]string{"HOME": "/home/a", "CI": "true"}, ci.Build{}},
		"bamboo": {map[string]string{
			"bamboo_planKey": "SHOP-ORDERS", "bamboo_buildKey": "SHOP-ORDERS-BLD",
			"bamboo_buildResultKey": "SHOP-ORDERS-BLD-42", "bamboo_buildNumber": "42",
			"bamboo_buildResultsUrl":           "https://bamboo.example.com/browse/SHOP-ORDERS-BLD-42",
			"bamboo_planRepository_branchName": "main", "bamboo_planRepository_revision": "abc123",
		}, ci.Build{
			Vendor: ci.Bamboo, Key: "SHOP-ORDERS-BLD-42", Number: "42",
			URL: "https://bamboo.example.com/browse/SHOP-ORDERS-BLD-42", Branch: "main", Revision: "abc123",
		}},
		"bamboo pull request": {map[string]string{
			"bamboo_planKey": "SHOP-ORDERS0", "bamboo_repository_pr_key": "17", "bamboo_planRepository_branch": "feature/x",
		}, ci.Build{Vendor: ci.Bamboo, Key: "SHOP-ORDERS0", Branch: "feature/x", PullRequest: true}},
		"github": {map[string]string{
			"GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "77", "GITHUB_RUN_ATTEMPT": "2", "GITHUB_JOB": "build", "GITHUB_RUN_NUMBER": "5",
			"GITHUB_SERVER_URL": "https://github.example.com", "GITHUB_REPOSITORY": "a/b", "GITHUB_REF_NAME": "main", "GITHUB_SHA": "abc",
		}, ci.Build{
			Vendor: ci.GitHub, Key: "77-2-build", Number: "5",
			URL: "https://github.example.com/a/b/actions/runs/77", Branch: "main", Revision: "abc",
		}},
		"github pull request": {map[string]string{
			"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "pull_request", "GITHUB_HEAD_REF": "fix", "GITHUB_REF_NAME": "9/merge",
		}, ci.Build{Vendor: ci.GitHub, Branch: "fix", PullRequest: true}},
		"gitlab": {map[string]string{
			"GITLAB_CI": "true", "CI_JOB_ID": "9", "CI_PIPELINE_IID": "3", "CI_JOB_URL": "https://g/9", "CI_COMMIT_BRANCH": "main",
			"CI_COMMIT_SHA": "abc",
		}, ci.Build{Vendor: ci.GitLab, Key: "9", Number: "3", URL: "https://g/9", Branch: "main", Revision: "abc"}},
		"azure": {map[string]string{
			"TF_BUILD": "True", "BUILD_BUILDID": "8", "BUILD_SOURCEBRANCH": "refs/heads/main", "BUILD_SOURCEVERSION": "abc",
			"SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": "https://dev.example.com/org/", "SYSTEM_TEAMPROJECT": "p", "BUILD_REASON": "PullRequest",
		}, ci.Build{
			Vendor: ci.Azure, Key: "8", Number: "8", Branch: "main", Revision: "abc", PullRequest: true,
			URL: "https://dev.example.com/org/p/_build/results?buildId=8",
		}},
		"teamcity": {
			map[string]string{"TEAMCITY_VERSION": "2026.1", "TEAMCITY_BUILDCONF_NAME": "Orders", "BUILD_NUMBER": "6", "BUILD_VCS_NUMBER": "abc"},
			ci.Build{Vendor: ci.TeamCity, Key: "Orders-6", Number: "6", Revision: "abc"},
		},
		"jenkins": {map[string]string{
			"JENKINS_URL": "https://j/", "BUILD_ID": "4", "BUILD_NUMBER": "4", "BUILD_TAG": "jenkins-orders-4",
			"BUILD_URL": "https://j/4", "GIT_BRANCH": "origin/main", "GIT_COMMIT": "abc",
		}, ci.Build{Vendor: ci.Jenkins, Key: "jenkins-orders-4", Number: "4", URL: "https://j/4", Branch: "main", Revision: "abc"}},
		"jenkins without a build": {map[string]string{"JENKINS_URL": "https://j/"}, ci.Build{}},
	} {
		got := ci.Detect(func(name string) (string, bool) { v, ok := tc.env[name]; return v, ok })
		if got != tc.want {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, tc.want)
		}
		if got.InCI() != (tc.want.Vendor != "") {
			t.Errorf("%s: InCI = %v", name, got.InCI())
		}
	}
}

func TestSecretsAreFoundByName(t *testing.T) {
	got := ci.Secrets([]string{
		"bamboo_registryPassword=hunter22", "bamboo_deploy_SECRET=s3cret", "bamboo_signingKey=key-value",
		"REGISTRY_TOKEN=tok-value", "bamboo_again_password=hunter22", "bamboo_license_apikey=a=b=c",
		"bamboo_planKey=SHOP-ORDERS", "bamboo_shortJobKey=BLD", "bamboo_buildResultKey=SHOP-ORDERS-BLD-42",
		"bamboo_repository_pr_key=1234", "bamboo_capability_system_ssh_key=/home/a", "bamboo_dependency_parent_0_key=ABCD",
		"bamboo_pin_password=123", "bamboo_use_token=true", "bamboo_passwordFile=/run/secrets/p",
		"PASSWORD_ENV=bamboo_registryPassword", "HOME=/home/a", "broken",
	})
	want := []string{"a=b=c", "hunter22", "key-value", "s3cret", "tok-value"}
	if !slices.Equal(got, want) {
		t.Errorf("secrets = %q, want %q", got, want)
	}
}
