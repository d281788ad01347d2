set -eu
mkdir -p target/surefire-reports
echo "$ORACLE_PASSWORD" >target/password
cp green.xml target/surefire-reports/TEST-orders.xml
