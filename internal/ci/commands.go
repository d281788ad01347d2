package ci

import (
	"fmt"
	"strings"
	"time"
)

// StartGroup is the line that begins a group of log lines that the CI system
// can fold; empty where it cannot.
func StartGroup(vendor, name string, at time.Time) string {
	switch vendor {
	case GitHub:
		return "::group::" + name + "\n"
	case GitLab:
		return fmt.Sprintf("\x1b[0Ksection_start:%d:pipeline_%s\r\x1b[0K%s\n", at.Unix(), name, name)
	case Azure:
		return "##[group]" + name + "\n"
	case TeamCity:
		return "##teamcity[blockOpened name='" + teamCityText(name) + "']\n"
	}
	return ""
}

// EndGroup is the line that ends the group.
func EndGroup(vendor, name string, at time.Time) string {
	switch vendor {
	case GitHub:
		return "::endgroup::\n"
	case GitLab:
		return fmt.Sprintf("\x1b[0Ksection_end:%d:pipeline_%s\r\x1b[0K\n", at.Unix(), name)
	case Azure:
		return "##[endgroup]\n"
	case TeamCity:
		return "##teamcity[blockClosed name='" + teamCityText(name) + "']\n"
	}
	return ""
}

// Error is the line that makes the CI system show an error beside the build;
// empty where it has no such thing.
func Error(vendor, title, text string) string {
	switch vendor {
	case GitHub:
		return "::error title=" + gitHubProperty(title) + "::" + gitHubText(text) + "\n"
	case Azure:
		return "##vso[task.logissue type=error]" + oneLine(title+": "+text) + "\n"
	case TeamCity:
		return "##teamcity[buildProblem description='" + teamCityText(cut(title+": "+text, 3900)) + "']\n"
	}
	return ""
}

// Warning is the same for something that is not wrong yet.
func Warning(vendor, title, text string) string {
	switch vendor {
	case GitHub:
		return "::warning title=" + gitHubProperty(title) + "::" + gitHubText(text) + "\n"
	case Azure:
		return "##vso[task.logissue type=warning]" + oneLine(title+": "+text) + "\n"
	}
	return ""
}

// Publish are the lines that make the CI system read a test report and show a
// summary page; empty where its own configuration does that.
func Publish(vendor, junit, summary string) string {
	switch vendor {
	case Azure:
		return "##vso[results.publish type=JUnit;resultFiles=" + junit + "]\n##vso[task.uploadsummary]" + summary + "\n"
	case TeamCity:
		return "##teamcity[importData type='junit' path='" + teamCityText(junit) + "']\n"
	}
	return ""
}

// SetVariable is the line that passes a value on to later steps.
func SetVariable(vendor, name, value string) string {
	switch vendor {
	case Azure:
		return "##vso[task.setvariable variable=" + name + ";isOutput=true]" + oneLine(value) + "\n"
	case TeamCity:
		return "##teamcity[setParameter name='pipeline." + teamCityText(name) + "' value='" + teamCityText(value) + "']\n"
	}
	return ""
}

// Disarm breaks what a program printed where the CI system would take it for
// one of its commands. The line is not at the start of one of ours; GitHub
// looks for the old form of its commands anywhere.
func Disarm(vendor, line string) string {
	switch vendor {
	case GitHub, Azure:
		return strings.NewReplacer("##[", "# #[", "##vso[", "# #vso[").Replace(line)
	case TeamCity:
		return strings.ReplaceAll(line, "##teamcity[", "# #teamcity[")
	}
	return line
}

func gitHubText(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(cut(text, 4000))
}

func gitHubProperty(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(text)
}

// teamCityText escapes what ends a value in a TeamCity service message.
func teamCityText(text string) string {
	return strings.NewReplacer("|", "||", "'", "|'", "\n", "|n", "\r", "|r", "[", "|[", "]", "|]").Replace(text)
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func cut(text string, size int) string {
	if len(text) <= size {
		return text
	}
	return strings.ToValidUTF8(text[:size], "") + "..."
}
