package boot

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

// release is the version of the database that is played.
const release = "23.26.0.0.0"

const (
	home     = "/opt/oracle/product/26ai/dbhomeFree"
	product  = "FAKE (oracle-standin)"
	rights   = "No Oracle software is in here: this is a test stand-in."
	twoGiB   = 2 << 30
	timeForm = "02-Jan-2006 15:04:05"
)

// lsnrctlBanner heads everything that lsnrctl prints.
func lsnrctlBanner(w io.Writer) {
	_, _ = fmt.Fprintf(w, "\nLSNRCTL for Linux: Version %s - %s on %s\n\n%s\n\n", release, product, stamp(), rights)
}

func stamp() string { return strings.ToUpper(time.Now().Format(timeForm)) }

// printStarting is what lsnrctl start says.
func (l *Life) printStarting() {
	if l.cfg.Script.Flavour == Oracle {
		l.out.line("Starting Oracle Net Listener.")
		return
	}
	l.out.line("CONTAINER: starting up Oracle Database...")
	lsnrctlBanner(l.out)
	l.out.line("Starting %s/bin/tnslsnr: please wait...\n", home)
}

// printListening is what it says once the listener is up.
func (l *Life) printListening() {
	if l.cfg.Script.Flavour == Oracle {
		return
	}
	host, _ := os.Hostname() // decoration only
	l.out.line("TNSLSNR for Linux: Version %s - %s", release, product)
	l.out.line("System parameter file is %s/network/admin/listener.ora", home)
	l.out.line("Log messages written to /opt/oracle/diag/tnslsnr/%s/listener/alert/log.xml", host)
	for _, address := range l.addresses() {
		l.out.line("Listening on: %s", address)
	}
	l.out.line("\nConnecting to %s", l.addresses()[0])
	l.printStatus(l.out)
	l.out.line("The listener supports no services\nThe command completed successfully")
}

// printStatus is the listener's state as lsnrctl shows it, up to the list of
// its services.
func (l *Life) printStatus(w io.Writer) {
	_, since := l.listenerState()
	up := int(time.Since(since).Seconds())
	_, _ = fmt.Fprintf(w, `STATUS of the LISTENER
------------------------
Alias                     LISTENER
Version                   TNSLSNR for Linux: Version %s - %s
Start Date                %s
Uptime                    %d days %d hr. %d min. %d sec
Trace Level               off
Security                  ON: Local OS Authentication
SNMP                      OFF
Default Service           %s
Listening Endpoints Summary...
`, release, product, strings.ToUpper(since.Format(timeForm)), up/86400, up/3600%24, up/60%60, up%60, l.cfg.Script.SID)
	for _, address := range l.addresses() {
		_, _ = fmt.Fprintf(w, "  %s\n", address)
	}
}

func (l *Life) addresses() []string {
	port, _ := l.listenerState()
	return []string{
		"(DESCRIPTION=(ADDRESS=(PROTOCOL=ipc)(KEY=EXTPROC_FOR_" + l.cfg.Script.SID + ")))",
		"(DESCRIPTION=(ADDRESS=(PROTOCOL=tcp)(HOST=0.0.0.0)(PORT=" + strconv.Itoa(port) + ")))",
	}
}

func (l *Life) printInstance() {
	if l.cfg.Script.Flavour == Oracle {
		l.out.line("Oracle Net Listener started.\nStarting Oracle Database instance %s.", l.cfg.Script.SID)
		return
	}
	l.out.line(sga)
}

const sga = `ORACLE instance started.

Total System Global Area 1603373280 bytes
Fixed Size                  5007584 bytes
Variable Size             654311424 bytes
Database Buffers          939524096 bytes
Redo Buffers                4530176 bytes`

func (l *Life) printOpening(state string) {
	switch {
	case l.cfg.Script.Flavour == Gvenzl:
		l.out.line("Database %s.", state)
	case state == "opened":
		l.out.line("Oracle Database instance %s started.\n\nThe Oracle base remains unchanged with value /opt/oracle",
			l.cfg.Script.SID)
	}
}

func (l *Life) printReady() {
	if l.cfg.Script.Flavour == Gvenzl {
		l.out.line("")
	}
	l.out.line("#########################\nDATABASE IS READY TO USE!\n#########################")
	if l.cfg.Script.Flavour == Gvenzl {
		frame := strings.Repeat("#", 68)
		l.out.line("\n%s\nCONTAINER: The following output is now from the alert_%s.log file:\n%s",
			frame, l.cfg.Script.SID, frame)
		l.printAlert()
	}
}

// printAlert is the beginning of an alert log.
func (l *Life) printAlert() {
	l.out.line("Completed: ALTER DATABASE OPEN\n%s", time.Now().UTC().Format("2006-01-02T15:04:05.000000-07:00"))
	l.out.line("%s(3):Opening pdb with Resource Manager plan: DEFAULT_PLAN", l.cfg.Script.pdb())
}

func (l *Life) printStartupFailed() {
	frame := strings.Repeat("#", 44)
	l.out.line("%s\nDATABASE STARTUP FAILED!\nCHECK LOG OUTPUT ABOVE FOR MORE INFORMATION!\n%s", frame, frame)
}

func (l *Life) printSetupFailed() {
	frame := strings.Repeat("#", 37)
	mark := "########### E R R O R ###############"
	l.out.line("%s\n%s\nDATABASE SETUP WAS NOT SUCCESSFUL!\nPlease check output for further info!\n%s\n%s",
		frame, mark, mark, frame)
}

func (l *Life) printPasswordIgnored() {
	l.out.line("CONTAINER: WARNING: $ORACLE_PASSWORD has been specified but the database is already initialized." +
		" The password will be ignored.")
	l.out.line("CONTAINER: WARNING: If you want to reset the password, please run the resetPassword command," +
		" e.g. 'docker|podman exec <container name|id> resetPassword <your password>'.")
}

// printStop is the whole of a clean stop, or what is left of it when there is
// no database.
func (l *Life) printStop(open bool) {
	if l.cfg.Script.Flavour == Oracle {
		l.out.line("Stopping container.\nSIGTERM received, shutting down database!")
	} else {
		l.out.line("CONTAINER: shutdown request received.\nCONTAINER: shutting down database!")
		lsnrctlBanner(l.out)
		l.out.line("Connecting to %s", l.addresses()[0])
		if !l.listenerUp() {
			l.out.line("TNS-12541: Cannot connect. No listener at IPC (KEY=EXTPROC_FOR_%s).", l.cfg.Script.SID)
			return
		}
		l.out.line("The command completed successfully")
	}
	if open {
		l.out.line("Database closed.\nDatabase dismounted.\nORACLE instance shut down.")
	}
	if l.cfg.Script.Flavour == Gvenzl {
		l.out.line("CONTAINER: stopping container.")
	}
}

// warnMemory prints the real image's warning when the container's own limit is
// below 2 GB.
func (l *Life) warnMemory() {
	for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
		if err == nil && limit < twoGiB {
			l.out.line("CONTAINER: WARNING: The container has less than 2 GB memory available to run Oracle Database Free.\n"+
				"There are currently only %d MiB available inside the container.\n"+
				"There have been known cases of Oracle Database Free not starting because of insufficient memory.", limit>>20)
		}
		return
	}
}
