from reviewqa.cli import main

main()
