// Package ci knows the CI systems: which one runs this build, what it says
// about the build, and which of its variables are secret. It reads nothing by
// itself; the caller hands over the environment.
package ci

import (
	"slices"
	"strings"
)

// The CI systems that are known. The empty vendor is a person at home.
const (
	Bamboo   = "bamboo"
	GitHub   = "github"
	GitLab   = "gitlab"
	Jenkins  = "jenkins"
	Azure    = "azure"
	TeamCity = "teamcity"
)

// A Build is what the CI system says about the build that runs now. All fields
// are empty at home; some vendors do not say everything.
type Build struct {
	Vendor      string
	Key         string // names this build and no other, such as SHOP-ORDERS-BLD-42
	Number      string
	URL         string
	Branch      string
	Revision    string
	PullRequest bool
}

// InCI reports whether a CI system runs this build.
func (b Build) InCI() bool { return b.Vendor != "" }

// lookupFunc answers for one environment variable.
type lookupFunc func(string) (string, bool)

// first returns the first of these variables that is not empty.
func (f lookupFunc) first(names ...string) string {
	for _, name := range names {
		if value, _ := f(name); value != "" {
			return value
		}
	}
	return ""
}

// Vendors lists the CI systems that are known.
func Vendors() []string { return []string{Bamboo, GitHub, GitLab, Jenkins, Azure, TeamCity} }

// Detect asks the environment which CI system this is, and what it says of the
// build.
func Detect(lookup func(string) (string, bool)) Build { return As(vendor(lookup), lookup) }

// As reads what that vendor says of the build, whatever else the environment
// holds; of a vendor that is not known it is the zero Build.
func As(vendor string, lookup func(string) (string, bool)) Build {
	switch env := lookupFunc(lookup); vendor {
	case Bamboo:
		return bamboo(env)
	case GitHub:
		return github(env)
	case GitLab:
		return gitlab(env)
	case Azure:
		return azure(env)
	case TeamCity:
		return teamcity(env)
	case Jenkins:
		return jenkins(env)
	default:
		return Build{}
	}
}

// vendor finds the CI system. Bamboo is asked first: its agents may run inside
// another system's containers.
func vendor(env lookupFunc) string {
	switch {
	case env.first("bamboo_planKey", "bamboo_buildKey", "bamboo_buildResultKey", "bamboo_deploy_environment") != "":
		return Bamboo
	case env.first("GITHUB_ACTIONS") == "true":
		return GitHub
	case env.first("GITLAB_CI") == "true":
		return GitLab
	case strings.EqualFold(env.first("TF_BUILD"), "true"):
		return Azure
	case env.first("TEAMCITY_VERSION") != "":
		return TeamCity
	case env.first("JENKINS_URL") != "" && env.first("BUILD_ID") != "":
		return Jenkins
	default:
		return ""
	}
}

func bamboo(env lookupFunc) Build {
	return Build{
		Vendor:   Bamboo,
		Key:      env.first("bamboo_buildResultKey", "bamboo_buildKey", "bamboo_planKey"),
		Number:   env.first("bamboo_buildNumber"),
		URL:      env.first("bamboo_buildResultsUrl", "bamboo_resultsUrl"),
		Branch:   env.first("bamboo_planRepository_branchName", "bamboo_planRepository_branch", "bamboo_planRepository_1_branchName"),
		Revision: env.first("bamboo_planRepository_revision", "bamboo_planRepository_1_revision", "bamboo_repository_revision_number"),
		PullRequest: env.first("bamboo_repository_pr_key") != "" ||
			env.first("bamboo_repository_pr_sourceBranch") != "",
	}
}

func github(env lookupFunc) Build {
	b := Build{
		Vendor:      GitHub,
		Key:         joined("-", env.first("GITHUB_RUN_ID"), env.first("GITHUB_RUN_ATTEMPT"), env.first("GITHUB_JOB")),
		Number:      env.first("GITHUB_RUN_NUMBER"),
		Branch:      env.first("GITHUB_HEAD_REF", "GITHUB_REF_NAME"),
		Revision:    env.first("GITHUB_SHA"),
		PullRequest: strings.HasPrefix(env.first("GITHUB_EVENT_NAME"), "pull_request"),
	}
	if server, repo, run := env.first("GITHUB_SERVER_URL"), env.first("GITHUB_REPOSITORY"), env.first("GITHUB_RUN_ID"); server != "" && repo != "" {
		b.URL = server + "/" + repo + "/actions/runs/" + run
	}
	return b
}

func gitlab(env lookupFunc) Build {
	return Build{
		Vendor:      GitLab,
		Key:         env.first("CI_JOB_ID"),
		Number:      env.first("CI_PIPELINE_IID", "CI_PIPELINE_ID"),
		URL:         env.first("CI_JOB_URL", "CI_PIPELINE_URL"),
		Branch:      env.first("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_BRANCH", "CI_COMMIT_REF_NAME"),
		Revision:    env.first("CI_COMMIT_SHA"),
		PullRequest: env.first("CI_MERGE_REQUEST_IID", "CI_EXTERNAL_PULL_REQUEST_IID") != "",
	}
}

func azure(env lookupFunc) Build {
	b := Build{
		Vendor:      Azure,
		Key:         joined("-", env.first("BUILD_BUILDID"), env.first("SYSTEM_JOBID")),
		Number:      env.first("BUILD_BUILDID"),
		Branch:      strings.TrimPrefix(env.first("SYSTEM_PULLREQUEST_SOURCEBRANCH", "BUILD_SOURCEBRANCH"), "refs/heads/"),
		Revision:    env.first("BUILD_SOURCEVERSION"),
		PullRequest: env.first("BUILD_REASON") == "PullRequest" || env.first("SYSTEM_PULLREQUEST_PULLREQUESTID") != "",
	}
	if base, project := env.first("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI"), env.first("SYSTEM_TEAMPROJECT"); base != "" && project != "" {
		b.URL = strings.TrimSuffix(base, "/") + "/" + project + "/_build/results?buildId=" + b.Number
	}
	return b
}

func teamcity(env lookupFunc) Build {
	return Build{
		Vendor:   TeamCity,
		Key:      joined("-", env.first("TEAMCITY_BUILDCONF_NAME"), env.first("BUILD_NUMBER")),
		Number:   env.first("BUILD_NUMBER"),
		URL:      env.first("BUILD_URL"),
		Revision: env.first("BUILD_VCS_NUMBER"),
	}
}

func jenkins(env lookupFunc) Build {
	return Build{
		Vendor:      Jenkins,
		Key:         env.first("BUILD_TAG", "BUILD_ID"),
		Number:      env.first("BUILD_NUMBER", "BUILD_ID"),
		URL:         env.first("BUILD_URL"),
		Branch:      strings.TrimPrefix(env.first("CHANGE_BRANCH", "BRANCH_NAME", "GIT_BRANCH"), "origin/"),
		Revision:    env.first("GIT_COMMIT"),
		PullRequest: env.first("CHANGE_ID") != "",
	}
}

// secretWords are what the CI systems themselves look for in a variable's
// name.
func secretWords() []string {
	return []string{
		"password", "passwd", "passphrase", "secret", "token", "credential",
		"apikey", "api_key", "accesskey", "access_key", "privatekey", "private_key", "sshkey", "ssh_key",
	}
}

// Secrets returns the values of the CI system's variables whose names say that
// they are secret, to be masked. environ is as from os.Environ. Names alone
// decide, for all vendors: most hand secrets over under the name that the
// project chose. Values under four characters are left out: masking them would
// hide nothing and garble the log.
func Secrets(environ []string) []string {
	var secrets []string
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if len(value) >= 4 && isSecretName(name) && !isPlain(value) {
			secrets = append(secrets, value)
		}
	}
	slices.Sort(secrets)
	return slices.Compact(secrets)
}

// isSecretName accepts Bamboo's variables whose name ends in key as well, but
// none of those that Bamboo sets itself, such as bamboo_planKey.
func isSecretName(name string) bool {
	lower := strings.ToLower(name)
	if strings.HasSuffix(lower, "env") || strings.HasSuffix(lower, "file") || strings.HasSuffix(lower, "path") {
		return false // names of variables and files are no secrets
	}
	if strings.HasPrefix(lower, "bamboo_capability_") {
		return false // what the agent can do, and where
	}
	for _, word := range secretWords() {
		if strings.Contains(lower, word) {
			return true
		}
	}
	custom, isBamboo := strings.CutPrefix(lower, "bamboo_")
	return isBamboo && strings.HasSuffix(custom, "key") && !bambooOwnKey(custom)
}

func bambooOwnKey(name string) bool {
	own := []string{"plankey", "shortplankey", "buildkey", "shortjobkey", "buildresultkey", "jobkey", "projectkey"}
	return slices.Contains(own, name) || strings.HasSuffix(name, "_pr_key") ||
		strings.HasPrefix(name, "planrepository_") || strings.HasPrefix(name, "dependenc") ||
		strings.HasSuffix(name, "resultkey") || strings.HasSuffix(name, "plankey")
}

// isPlain knows values that say nothing, and whose masking would garble a log.
func isPlain(value string) bool {
	switch strings.ToLower(value) {
	case "true", "false", "none", "null":
		return true
	}
	return false
}

func joined(sep string, parts ...string) string {
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	return strings.Join(parts, sep)
}
